// Answers in the formats that providers document, reduced to what the tests need, and the tokens
// that each reports.

export interface SampleAnswer {
  name: string;
  contentType: string;
  text: string;
  /** Prompt, completion, cached and reasoning tokens; undefined if not reported. */
  tokens: (number | undefined)[];
}

const json = "application/json";
const events = "text/event-stream";

/** A stream of events, each with one line of data. */
export function sse(...data: unknown[]): string {
  return data
    .map((each) => `data: ${typeof each === "string" ? each : JSON.stringify(each)}\n\n`)
    .join("");
}

/** A chunk of a streamed chat completion. */
export function chatChunk(content: string, usage?: unknown): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
    ...(usage === undefined ? {} : { usage }),
  };
}

/** The chunk that carries a stream's usage. */
export function usageChunk(usage: unknown): object {
  return { ...chatChunk("", usage), choices: [] };
}

const chatUsage = {
  prompt_tokens: 19,
  completion_tokens: 10,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 3, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 7, rejected_prediction_tokens: 1 },
};
const responsesUsage = {
  input_tokens: 36,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 87,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 123,
};

function messageStart(usage: object): string {
  const message = { id: "msg_1", role: "assistant", content: [], model: "m", usage };
  return `event: message_start\n${sse({ type: "message_start", message })}`;
}

function anthropicDelta(usage: object): string {
  return `event: message_delta\n${sse({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage })}`;
}

/** The end of a stream of OpenAI's Responses API. */
export function responsesEnd(status: string): string {
  const response = { id: "resp_1", status, error: null, output: [{ usage: 1 }] };
  return `event: response.${status}\n${sse({ type: `response.${status}`, response: { ...response, usage: responsesUsage } })}`;
}

const chat = {
  id: "chatcmpl-1",
  object: "chat.completion",
  choices: [
    { index: 0, message: { content: 'the "usage": {"prompt_tokens": 1} of \\ tokens' } },
    { message: { usage: { prompt_tokens: 99, completion_tokens: 98 } } },
  ],
};

/** Whole answers. */
export const jsonAnswers: SampleAnswer[] = [
  ...[
    { name: "chat completions", value: { ...chat, usage: chatUsage }, tokens: [19, 10, 3, 7] },
    {
      name: "usage before the choices",
      value: { usage: { prompt_tokens: 1, completion_tokens: 2 }, ...chat },
      tokens: [1, 2],
    },
    {
      name: "embeddings",
      value: { data: [{ embedding: [0.25, -1e-3] }], usage: { prompt_tokens: 8, total_tokens: 8 } },
      tokens: [8],
    },
    {
      name: "Responses",
      value: { object: "response", error: null, output: [{ type: "x" }], usage: responsesUsage },
      tokens: [36, 87, 0, 5],
    },
    {
      name: "Anthropic's messages, whose cached tokens are listed beside the others",
      value: {
        type: "message",
        usage: {
          input_tokens: 10,
          cache_creation_input_tokens: 20,
          cache_read_input_tokens: 300,
          output_tokens: 5,
        },
      },
      tokens: [330, 5, 300],
    },
    {
      name: "a relay's chat completions, with both names",
      value: {
        usage: {
          prompt_tokens: 12,
          completion_tokens: 4,
          input_tokens: 0,
          output_tokens: 0,
          input_tokens_details: null,
        },
      },
      tokens: [12, 4],
    },
    {
      name: "DeepSeek's and Moonshot's cached tokens",
      value: { usage: { prompt_tokens: 5, completion_tokens: 1, prompt_cache_hit_tokens: 4 } },
      tokens: [5, 1, 4],
    },
    {
      name: "Mistral's cached tokens",
      value: { usage: { prompt_tokens: 5, completion_tokens: 1, num_cached_tokens: 4 } },
      tokens: [5, 1, 4],
    },
    {
      name: "Anthropic's thinking tokens",
      value: {
        usage: {
          input_tokens: 5,
          output_tokens: 9,
          output_tokens_details: { thinking_tokens: 7 },
        },
      },
      tokens: [5, 9, undefined, 7],
    },
    {
      name: "Anthropic's iterations, whose sum is billed",
      value: {
        usage: {
          input_tokens: 3,
          cache_read_input_tokens: 0,
          iterations: [
            { type: "compaction", input_tokens: 60385, output_tokens: 522 },
            {
              type: "message",
              input_tokens: 612,
              output_tokens: 2819,
              cache_read_input_tokens: 7,
              cache_creation_input_tokens: 2,
              cache_creation: { ephemeral_5m_input_tokens: 2 },
            },
          ],
          output_tokens: 2819,
        },
      },
      tokens: [61_006, 3341, 7],
    },
    {
      name: "tokens whose sum has more than 32 bits",
      value: {
        usage: {
          input_tokens: 4_000_000_000,
          cache_read_input_tokens: 4_000_000_000,
          output_tokens: 1,
        },
      },
      tokens: [8_000_000_000, 1, 4_000_000_000],
    },
    {
      name: "reasoning beside the completion, as the total says",
      value: {
        usage: {
          prompt_tokens: 32,
          completion_tokens: 9,
          total_tokens: 135,
          completion_tokens_details: { reasoning_tokens: 94 },
        },
      },
      tokens: [32, 103, undefined, 94],
    },
    {
      name: "reasoning within the completion, as the total says",
      value: {
        usage: {
          prompt_tokens: 32,
          completion_tokens: 9,
          total_tokens: 41,
          completion_tokens_details: { reasoning_tokens: 4 },
        },
      },
      tokens: [32, 9, undefined, 4],
    },
    {
      name: "reasoning that only the total has",
      value: { usage: { completion_tokens: 12, prompt_tokens: 35, total_tokens: 109 } },
      tokens: [35, 74],
    },
    {
      name: "audio that only the details and the total have",
      value: {
        usage: {
          prompt_tokens: 9,
          total_tokens: 585,
          completion_tokens: 201,
          prompt_tokens_details: { audio_tokens: 375 },
        },
      },
      tokens: [384, 201],
    },
    {
      name: "audio that only the total has, and that no token count includes",
      value: {
        usage: {
          prompt_audio_seconds: 316,
          prompt_tokens: 4,
          total_tokens: 5202,
          completion_tokens: 1073,
        },
      },
      tokens: [4, 1073],
    },
    {
      name: "reasoning that only the total has, without audio",
      value: {
        usage: {
          prompt_audio_seconds: 0,
          prompt_tokens: 35,
          total_tokens: 109,
          completion_tokens: 12,
        },
      },
      tokens: [35, 74],
    },
    { name: "a total alone", value: { usage: { total_tokens: 10 } }, tokens: [10] },
    {
      name: "Moonshot's usage, in a choice",
      value: { choices: [{ usage: { prompt_tokens: 19, completion_tokens: 13 } }] },
      tokens: [19, 13],
    },
    {
      name: "usage in a choice and at the top, which has all choices",
      value: {
        choices: [{ usage: { prompt_tokens: 19, completion_tokens: 13 } }],
        usage: { prompt_tokens: 19, completion_tokens: 20 },
        x_groq: {},
      },
      tokens: [19, 20],
    },
    {
      name: "usage at the top and in a choice",
      value: {
        usage: { prompt_tokens: 19, completion_tokens: 20 },
        choices: [{ usage: { prompt_tokens: 19, completion_tokens: 13 } }],
      },
      tokens: [19, 20],
    },
    {
      name: "Groq's usage",
      value: { x_groq: { id: "r", usage: { prompt_tokens: 4, completion_tokens: 3 } } },
      tokens: [4, 3],
    },
    {
      name: "usage in other places",
      value: {
        choices: [[{ usage: { prompt_tokens: 4 } }], { x: { usage: { prompt_tokens: 4 } } }],
      },
      tokens: [],
    },
    { name: "no usage", value: chat, tokens: [] },
    { name: "a usage of null", value: { ...chat, usage: null }, tokens: [] },
    { name: "a usage that is text", value: { usage: "prompt_tokens" }, tokens: [] },
    { name: "an empty object", value: {}, tokens: [] },
  ].map(({ value, ...rest }) => ({ ...rest, contentType: json, text: JSON.stringify(value) })),
  {
    name: "numbers in other forms",
    contentType: json,
    text: '{ "usage" : { "prompt_tokens" : 12.0 , "completion_tokens":3,"x":[{"prompt_tokens":3}] } }\n',
    tokens: [12, 3],
  },
  ...["-1", "4294967295", "5000000000", "99999999999999999999", "1e2"].map((number) => ({
    name: `a number out of range, which makes the whole usage unknown: ${number}`,
    contentType: `${json}; charset=utf-8`,
    text: `{"usage":{"prompt_tokens":${number},"completion_tokens":5,"cached_tokens":1}}`,
    tokens: [],
  })),
];

/** Streamed answers. */
export const streamedAnswers: SampleAnswer[] = [
  {
    name: "chat completions",
    text: sse(chatChunk("Hi", null), chatChunk("!", null), usageChunk(chatUsage), "[DONE]"),
    tokens: [19, 10, 3, 7],
  },
  {
    name: "usage on every chunk, counted once",
    text: sse(
      chatChunk("a", { prompt_tokens: 9, completion_tokens: 1 }),
      chatChunk("b", { prompt_tokens: 9, completion_tokens: 2 }),
      chatChunk("c", null),
      "[DONE]",
    ),
    tokens: [9, 2],
  },
  {
    name: "Responses, completed",
    text: sse({ type: "response.created", response: { usage: null } }) + responsesEnd("completed"),
    tokens: [36, 87, 0, 5],
  },
  { name: "Responses, incomplete", text: responsesEnd("incomplete"), tokens: [36, 87, 0, 5] },
  {
    name: "Anthropic's messages",
    text:
      messageStart({ input_tokens: 25, cache_read_input_tokens: 5, output_tokens: 1 }) +
      anthropicDelta({ output_tokens: 15 }) +
      sse({ type: "message_stop" }),
    tokens: [30, 15, 5],
  },
  {
    name: "a usage of zeros after the real one",
    text: sse(
      chatChunk("a", { prompt_tokens: 18, completion_tokens: 5, total_tokens: 23 }),
      chatChunk("", { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }),
      "[DONE]",
    ),
    tokens: [18, 5],
  },
  {
    name: "no usage",
    text: sse(chatChunk("Hi"), "[DONE]"),
    tokens: [],
  },
].map((each) => ({ ...each, contentType: events }));
