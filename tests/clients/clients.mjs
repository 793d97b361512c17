// Node.js clients. Each call that works prints a line, and the first that fails ends the program.
// Runs from standard input, in the folder with the packages: `import` looks for them there.
import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { HumanMessage } from "@langchain/core/messages";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { embed, generateText, streamText } from "ai";
import { Ollama } from "ollama";
import OpenAI, { toFile } from "openai";

// Warnings go to standard output.
globalThis.AI_SDK_LOG_WARNINGS = false;

const openAIURL = `${process.env.OPENAI_URL}/v1`;
const anthropicURL = process.env.ANTHROPIC_URL;
const apiKey = "sk-client";
const said = "You said: hello world";
const messages = [{ role: "user", content: "hello world" }];

function works(client, call) {
  console.log(JSON.stringify({ client, call }));
}

async function collect(stream, textOf) {
  let text = "";
  for await (const each of stream) text += textOf(each) ?? "";
  return text;
}

const schema = {
  name: "said",
  strict: true,
  schema: {
    type: "object",
    properties: { said: { type: "string" } },
    required: ["said"],
    additionalProperties: false,
  },
};

async function openAIChat(client, name) {
  const { completions } = client.chat;
  const whole = await completions.create({ model: "m", messages });
  assert.equal(whole.choices[0].message.content, said);
  works(name, "chat");
  const include = { stream: true, stream_options: { include_usage: true } };
  let usage;
  const text = await collect(
    await completions.create({ model: "m", messages, ...include }),
    (chunk) => {
      usage = chunk.usage ?? usage;
      return chunk.choices[0]?.delta.content;
    },
  );
  assert.deepEqual([text, usage.total_tokens], [said, 9]);
  works(name, "chat, streamed");
  const response_format = { type: "json_schema", json_schema: schema };
  const parsed = await completions
    .stream({ model: "m", messages, response_format })
    .finalChatCompletion();
  assert.equal(JSON.parse(parsed.choices[0].message.content).said, "hello world");
  works(name, "chat, parsed from a stream");
  const embedding = await client.embeddings.create({ model: "m", input: "hello" });
  assert.equal(embedding.data[0].embedding.length, 16);
  works(name, "embeddings");
}

async function openAIResponses({ responses }, name) {
  const whole = await responses.create({ model: "m", input: "hello world" });
  assert.equal(whole.output_text, said);
  works(name, "responses");
  const stream = await responses.create({ model: "m", input: "hello world", stream: true });
  assert.equal(await collect(stream, ({ delta }) => delta), said);
  works(name, "responses, streamed");
  const format = { type: "json_schema", ...schema };
  const request = { model: "m", input: "hello world", text: { format } };
  const parsed = await responses.stream(request).finalResponse();
  assert.equal(JSON.parse(parsed.output_text).said, "hello world");
  works(name, "responses, parsed from a stream");
}

async function openAIFiles({ files, audio, models, moderations }, name) {
  const bytes = Buffer.from("\0\xff{]\r\n--".repeat(20_000), "latin1");
  const file = await files.create({ file: await toFile(bytes, "a.bin"), purpose: "batch" });
  assert.equal(file.bytes, bytes.length);
  assert.equal((await files.list()).data[0].id, file.id);
  assert.equal((await files.retrieve(file.id)).filename, "a.bin");
  const content = Buffer.from(await (await files.content(file.id)).arrayBuffer());
  assert.ok(content.equals(bytes));
  assert.equal((await files.delete(file.id)).deleted, true);
  works(name, "files");
  const sound = await toFile(bytes, "a.wav");
  const heard = await audio.transcriptions.create({ file: sound, model: "whisper-1" });
  assert.equal(heard.text, `a.wav has ${bytes.length} bytes.`);
  works(name, "audio/transcriptions");
  const spoken = await audio.speech.create({
    model: "tts-1",
    voice: "alloy",
    input: "hello world",
  });
  assert.equal((await spoken.arrayBuffer()).byteLength, 44 + 2 * 1600);
  works(name, "audio/speech");
  assert.equal((await models.retrieve("a/b")).id, "a/b");
  assert.equal((await models.list()).data.length, 2);
  works(name, "models");
  assert.equal((await moderations.create({ input: "hello" })).results[0].flagged, false);
  works(name, "moderations");
}

async function anthropic() {
  const name = "anthropic (Node.js)";
  const client = new Anthropic({ baseURL: anthropicURL, apiKey, maxRetries: 0 });
  const request = { model: "m", max_tokens: 100, messages };
  const whole = await client.messages.create(request);
  assert.equal(whole.content[0].text, said);
  works(name, "messages");
  const streamed = await client.messages.stream(request).finalMessage();
  assert.deepEqual([streamed.content[0].text, streamed.usage.output_tokens], [said, 4]);
  works(name, "messages, streamed");
  const { input_tokens } = await client.messages.countTokens({ model: "m", messages });
  assert.equal(input_tokens, 5);
  works(name, "messages/count_tokens");
}

async function aiSDK() {
  const name = "Vercel AI SDK (Node.js)";
  const openai = createOpenAI({ baseURL: openAIURL, apiKey });
  const models = [
    ["chat", openai.chat("m")],
    ["responses", openai.responses("m")],
    ["messages", createAnthropic({ baseURL: `${anthropicURL}/v1`, apiKey })("m")],
  ];
  for (const [call, model] of models) {
    const request = { model, prompt: "hello world", maxRetries: 0 };
    const { text, usage } = await generateText(request);
    assert.deepEqual([text, usage.outputTokens], [said, 4]);
    works(name, call);
    const stream = streamText(request);
    assert.equal(await collect(stream.textStream, (piece) => piece), said);
    assert.equal((await stream.usage).outputTokens, 4);
    works(name, `${call}, streamed`);
  }
  const { embedding } = await embed({ model: openai.embedding("m"), value: "hello" });
  assert.equal(embedding.length, 16);
  works(name, "embeddings");
}

async function langChain() {
  const name = "LangChain (Node.js)";
  const configuration = { baseURL: openAIURL };
  const options = { model: "m", apiKey, configuration, maxRetries: 0 };
  const prompt = [new HumanMessage("hello world")];
  for (const [call, useResponsesApi] of [
    ["chat", false],
    ["responses", true],
  ]) {
    const chat = new ChatOpenAI({ ...options, useResponsesApi });
    const answer = await chat.invoke(prompt);
    assert.deepEqual([answer.text, answer.usage_metadata.output_tokens], [said, 4]);
    works(name, call);
    assert.equal(await collect(await chat.stream(prompt), ({ text }) => text), said);
    works(name, `${call}, streamed`);
  }
  const embeddings = new OpenAIEmbeddings(options);
  assert.equal((await embeddings.embedQuery("hello")).length, 16);
  works(name, "embeddings");
}

async function ollama() {
  const name = "ollama (Node.js)";
  const client = new Ollama({ host: process.env.OPENAI_URL });
  const whole = await client.chat({ model: "m", messages });
  assert.deepEqual([whole.message.content, whole.eval_count], [said, 4]);
  works(name, "/api/chat");
  const stream = await client.chat({ model: "m", messages, stream: true });
  assert.equal(await collect(stream, ({ message }) => message.content), said);
  works(name, "/api/chat, streamed");
}

async function gemini() {
  const name = "Google Gen AI (Node.js)";
  const { models } = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: process.env.GEMINI_URL } });
  const request = { model: "gemini-m", contents: "hello world" };
  const whole = await models.generateContent(request);
  assert.deepEqual([whole.text, whole.usageMetadata.candidatesTokenCount], [said, 4]);
  works(name, "generateContent");
  const stream = await models.generateContentStream(request);
  assert.equal(await collect(stream, ({ text }) => text), said);
  works(name, "streamGenerateContent");
}

const openai = new OpenAI({ baseURL: openAIURL, apiKey, maxRetries: 0 });
await openAIChat(openai, "openai (Node.js)");
await openAIResponses(openai, "openai (Node.js)");
await openAIFiles(openai, "openai (Node.js)");
await anthropic();
await aiSDK();
await langChain();
await ollama();
await gemini();
