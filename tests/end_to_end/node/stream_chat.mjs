// Streams one chat with the official client and prints the answer as it comes, then one line of JSON about it.
//
//     OPENAI_BASE_URL=… OPENAI_API_KEY=… node stream_chat.mjs "What to ask"

import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });
const stream = await client.chat.completions.create({
  model: "primary",
  messages: [{ role: "user", content: process.argv[2] }],
  temperature: 0,
  max_tokens: 16,
  stream: true,
  stream_options: { include_usage: true },
});

let answer = "";
let finishReason = null;
let usage = null;
for await (const chunk of stream) {
  const choice = chunk.choices[0];
  answer += choice?.delta.content ?? "";
  finishReason = choice?.finish_reason ?? finishReason;
  usage = chunk.usage ?? usage;
}
process.stdout.write(JSON.stringify({ answer, finishReason, usage }) + "\n");
