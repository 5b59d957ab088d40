"use strict";

const byId = (id) => document.getElementById(id);
const baseUrl = `${location.origin}/v1`;

const cell = (text) => {
  const element = document.createElement("td");
  element.textContent = text;
  return element;
};

const row = (...cells) => {
  const element = document.createElement("tr");
  element.append(...cells);
  return element;
};

// The status of the server and of every model, every few seconds.
const showHealth = async () => {
  try {
    const reply = await fetch("/health", { cache: "no-store" });
    const health = await reply.json();
    byId("status").textContent = health.status;
    byId("version").textContent = `version ${health.version}`;
    const models = Object.entries(health.models);
    byId("models").replaceChildren(
      ...models.map(([name, model]) => row(cell(name), cell(model.roles.join(", ")), cell(model.state), cell(model.restarts))),
    );
  } catch {
    byId("status").textContent = "out of reach";
    for (const state of document.querySelectorAll("#models td:nth-child(3)")) state.textContent = "unknown";
  }
  setTimeout(showHealth, 5000);
};

const post = async (path, body, signal) => {
  const key = byId("key").value.trim();
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Error("Type an API key above; it has letters, digits and signs only.");
  const reply = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
    signal,
  });
  if (reply.ok) return reply;
  const answer = await reply.json().catch(() => null); // a proxy's answer need not be JSON
  throw new Error(answer?.error?.message ?? `The server answered with status ${reply.status}.`);
};

// fetch and its streams say TypeError, in every browser's own words, when a connection fails.
const reason = (error) => (error instanceof TypeError ? "The connection to the server was lost." : error.message);

// Server-sent events of one answer: the object behind every "data:" line, up to "[DONE]"; without that it was cut off.
async function* events(reply) {
  let rest = "";
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error("The answer was cut off.");
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line === "data: [DONE]") return;
      if (!line.startsWith("data: ")) continue;
      yield JSON.parse(line.slice(6));
    }
  }
}

let running = null;

const chat = async (event) => {
  event.preventDefault();
  running?.abort();
  const mine = (running = new AbortController());
  const answer = byId("answer");
  answer.textContent = "";
  byId("chat-error").textContent = "";
  byId("stop").disabled = false;
  try {
    const messages = [{ role: "user", content: byId("prompt").value }];
    const reply = await post("/v1/chat/completions", { messages, temperature: 0, stream: true }, mine.signal);
    for await (const chunk of events(reply)) {
      if (chunk.error) throw new Error(chunk.error.message);
      // As text, never as HTML: a model may write anything.
      answer.append(chunk.choices[0]?.delta?.content ?? "");
    }
  } catch (error) {
    if (error.name !== "AbortError") byId("chat-error").textContent = reason(error);
  } finally {
    if (running === mine) byId("stop").disabled = true;
  }
};

const classify = async (event) => {
  event.preventDefault();
  byId("classify-error").textContent = "";
  const categories = byId("categories").value.split(",").map((one) => one.trim()).filter(Boolean);
  try {
    const reply = await post("/v1/classifications", { text: byId("text").value, categories });
    const [result] = (await reply.json()).data;
    const scores = Object.entries(result.scores).sort((one, other) => other[1] - one[1]);
    byId("scores").replaceChildren(
      ...scores.map(([category, probability]) => {
        const bar = document.createElement("meter");
        bar.value = probability;
        const picture = document.createElement("td");
        picture.append(bar);
        return row(cell(category), picture, cell(probability.toFixed(3)));
      }),
    );
  } catch (error) {
    byId("scores").replaceChildren();
    byId("classify-error").textContent = reason(error);
  }
};

byId("base-url").textContent = baseUrl;
byId("chat").addEventListener("submit", chat);
byId("classify").addEventListener("submit", classify);
byId("stop").addEventListener("click", () => running?.abort());
showHealth();
