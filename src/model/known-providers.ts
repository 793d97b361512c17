// Providers whose API is OpenAI's, as `init` writes them.

export interface KnownProvider {
  name: string;
  host: string;
  path: string;
  /** A model that the provider has. */
  model: string;
}

export const knownProviders: readonly KnownProvider[] = [
  {
    name: "dashscope",
    host: "dashscope.aliyuncs.com",
    path: "/compatible-mode/v1/chat/completions",
    model: "qwen-plus",
  },
  {
    name: "dashscope-intl",
    host: "dashscope-intl.aliyuncs.com",
    path: "/compatible-mode/v1/chat/completions",
    model: "qwen-plus",
  },
  {
    name: "deepseek",
    host: "api.deepseek.com",
    path: "/v1/chat/completions",
    model: "deepseek-chat",
  },
  {
    name: "mistral",
    host: "api.mistral.ai",
    path: "/v1/chat/completions",
    model: "mistral-small-latest",
  },
  {
    name: "moonshot",
    host: "api.moonshot.cn",
    path: "/v1/chat/completions",
    model: "moonshot-v1-8k",
  },
  { name: "openai", host: "api.openai.com", path: "/v1/chat/completions", model: "gpt-4o-mini" },
];

/** The environment variable that usually holds the provider's key. */
export function keyVariable({ name }: KnownProvider): string {
  return `${name.toUpperCase().replaceAll("-", "_")}_API_KEY`;
}
