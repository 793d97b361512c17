// POST …/audio/transcriptions, …/translations and …/speech. The mock neither hears nor speaks: text
// is about the file, and sound is silence.
import { type Answer, type JsonObject, jsonAnswer } from "./answer.ts";
import { checkModel } from "./chat.ts";
import { missingModel, missingParameter } from "./errors.ts";
import { countTokens } from "./tokens.ts";

/** A text with the file's name and size, as JSON, or as text for `response_format: text`. */
export function answerTranscription(fields: FormData): Promise<Answer> {
  return Promise.resolve(transcribe(fields));
}

function transcribe(fields: FormData): Answer {
  const file = fields.get("file");
  if (!(file instanceof File)) return missingParameter("file");
  if (typeof fields.get("model") !== "string") return missingModel();
  const text = `${file.name} has ${file.size} bytes.`;
  if (fields.get("response_format") === "text") {
    return { status: 200, headers: { "content-type": "text/plain" }, pieces: [`${text}\n`] };
  }
  const output = countTokens(text);
  const tokens = { input_tokens: file.size, output_tokens: output };
  const usage = { type: "tokens", ...tokens, total_tokens: file.size + output };
  return jsonAnswer(200, { text, usage });
}

const sampleRate = 8000;
const samplesPerWord = sampleRate / 10;

/** A tenth of a second of silence for each word, as WAV whatever `response_format` says. */
export function answerSpeech(body: JsonObject): Answer {
  const refusal = checkModel(body);
  if (refusal !== undefined) return refusal;
  const { input } = body;
  if (typeof input !== "string" || input === "") return missingParameter("input");
  const sound = Buffer.alloc(countTokens(input) * samplesPerWord * 2);
  const bytes = Buffer.concat([waveHeader(sound.length), sound]);
  const headers = { "content-type": "audio/wav", "content-length": String(bytes.length) };
  return { status: 200, headers, pieces: [bytes] };
}

// For one channel of 16 bits.
function waveHeader(soundBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + soundBytes, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(soundBytes, 40);
  return header;
}
