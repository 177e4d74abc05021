/** An MCP server over stdio with more tools than anybody would declare at once. */
import { createInterface } from 'node:readline'

const PORTS = 'Aberdeen Bergen Calais Dover Esbjerg Falmouth Galway Hull Ijmuiden Leith Malmo Oban'.split(' ')
const MATTERS = ['tide', 'wind', 'berth', 'pilot']

const tools = PORTS.flatMap((port) =>
  MATTERS.map((matter) => ({
    name: `${matter}_at_${port.toLowerCase()}`,
    description: `Tells the ${matter} at the port of ${port} for one day of the week.`,
    inputSchema: {
      type: 'object',
      properties: { day: { type: 'string', description: 'A day of the week' } },
      required: ['day'],
    },
  })),
)

const ANSWERS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'almanac', version: '1.0.0' },
  }),
  'tools/list': () => ({ tools }),
  'tools/call': ({ name, arguments: { day } }) => ({
    content: [{ type: 'text', text: `The almanac says of ${name} on ${day}: 11:42` }],
  }),
  ping: () => ({}),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) continue
  const answer = ANSWERS[method]
  const outcome =
    answer === undefined
      ? { error: { code: -32601, message: `There is no ${method}` } }
      : { result: answer(params ?? {}) }
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...outcome })}\n`)
}
