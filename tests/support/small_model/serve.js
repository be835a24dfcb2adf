// A small language model behind the OpenAI chat API, on loopback: `node serve.js MODEL.gguf` prints its port.
// GET /exchanges tells what it was asked and what it answered.
//
// Asked as the model "constrained", it answers within the schema, by a grammar; as any other it answers as it likes,
// as servers do that know no schemas. What the answers say is as good as the model: 135 million parameters.
import { createServer } from "node:http";
import { getLlama, LlamaCompletion } from "node-llama-cpp";

const CONTEXT_TOKENS = 4096;
const MOST_ANSWER_TOKENS = 400; // more than the longest answer within the bounds below
const MOST_FREE_TOKENS = 48;
const LONGEST_TEXT = 60; // a small model left alone does not come to an end
const MOST_ITEMS = 1;

const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 1 }); // threads that wait for each other crawl on a busy machine
const model = await llama.loadModel({ modelPath: process.argv[2] });
const context = await model.createContext({ contextSize: CONTEXT_TOKENS });
const sequence = context.getSequence();
const completion = new LlamaCompletion({ contextSequence: sequence });
const exchanges = [];
let last = Promise.resolve();

function bounded(schema) {
  if (schema.anyOf) return { oneOf: schema.anyOf.map(bounded) };
  if (schema.enum) return { enum: schema.enum };
  if (schema.type === "string") return { type: "string", maxLength: LONGEST_TEXT };
  if (schema.type === "array") return { type: "array", items: bounded(schema.items), maxItems: MOST_ITEMS };
  if (schema.type === "object") {
    const entries = Object.entries(schema.properties).map(([name, each]) => [name, bounded(each)]);
    return { type: "object", properties: Object.fromEntries(entries) };
  }
  return { type: schema.type };
}

async function complete({ model: name, messages, response_format: format, temperature }) {
  const turns = messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
  const tokens = model.tokenize(`${turns.join("")}<|im_start|>assistant\n`, true);
  const schema = name === "constrained" && format?.json_schema?.schema;
  const grammar = schema ? await llama.createGrammarForJsonSchema(bounded(schema)) : undefined;
  const maxTokens = grammar ? MOST_ANSWER_TOKENS : MOST_FREE_TOKENS;
  const content = await completion.generateCompletion(tokens, { grammar, temperature, maxTokens });
  exchanges.push({ asked: messages.at(-1).content, answered: content });
  return {
    object: "chat.completion",
    model: name,
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: tokens.length, completion_tokens: model.tokenize(content).length },
  };
}

function respond(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

const server = createServer(async (request, response) => {
  if (request.url === "/exchanges") {
    respond(response, 200, exchanges);
    return;
  }
  if (request.method !== "POST" || request.url !== "/v1/chat/completions") {
    respond(response, 404, { error: { message: "unknown path" } });
    return;
  }
  const parts = [];
  for await (const part of request) parts.push(part);
  last = last.then(() => complete(JSON.parse(Buffer.concat(parts).toString())));
  const mine = last;
  last = last.catch(() => undefined);
  mine.then(
    (answer) => respond(response, 200, answer),
    (error) => respond(response, 500, { error: { message: String(error) } }),
  );
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
