// node main.mjs: an ordinary program for OpenAI's SDK. Only the base URL tells that Claude answers.
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8082/v1',
  apiKey: process.env.OPENAI_API_KEY ?? 'any',
})

const tools = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The current weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
]
const messages = [{ role: 'user', content: 'Use get_weather: what is the weather in Zürich?' }]

for (;;) {
  const stream = client.chat.completions.stream({ model: 'gpt-5.2', messages, tools })
  stream.on('content', (text) => process.stdout.write(text))
  const { message } = (await stream.finalChatCompletion()).choices[0]
  messages.push(message)
  if (!message.tool_calls?.length) break
  for (const call of message.tool_calls) {
    console.log(`\n→ ${call.function.name} ${call.function.arguments}`)
    messages.push({ role: 'tool', tool_call_id: call.id, content: '21 °C, light rain' })
  }
}
console.log()
