"""The official Python SDKs through the gateway at BASE: text, streams, tools, images. Prints one JSON line."""
import json
import os
import sys

import anthropic
import openai

base = os.environ["BASE"]
results = {}

claude = anthropic.Anthropic(base_url=base, api_key="any", max_retries=0)
tool = {
    "name": "get_weather",
    "description": "The weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
question = {"role": "user", "content": "Use get_weather for Zürich"}
with claude.messages.stream(model="azure/gpt-5.4", max_tokens=500, tools=[tool], messages=[question]) as stream:
    first = stream.get_final_message()
call = next(block for block in first.content if block.type == "tool_use")
second = claude.messages.create(
    model="azure/gpt-5.4",
    max_tokens=500,
    tools=[tool],
    messages=[
        question,
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "21 °C"}]},
    ],
)
results["messages"] = {"stop": first.stop_reason, "input": call.input, "text": second.content[0].text}

chat = openai.OpenAI(base_url=base + "/v1", api_key="any", max_retries=0)
text, reason = "", None
for chunk in chat.chat.completions.create(
    model="foundry/claude-sonnet-4-6", messages=[{"role": "user", "content": "Hello"}], stream=True
):
    for choice in chunk.choices:
        text += choice.delta.content or ""
        reason = choice.finish_reason or reason
results["chat"] = {"text": text, "finish": reason}

with chat.responses.stream(model="gemini/gemini-3-pro", input="Hello") as stream:
    final = stream.until_done().get_final_response()
results["responses"] = {"text": final.output_text, "status": final.status}

results["models"] = [len(list(chat.models.list())), len(list(claude.models.list()))]
try:
    claude.messages.create(model="mystery", max_tokens=1, messages=[question])
except anthropic.NotFoundError as error:
    results["not_found"] = error.body["error"]["type"]

json.dump(results, sys.stdout, ensure_ascii=False)
