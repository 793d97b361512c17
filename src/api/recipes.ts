// Generated from docs/providers.md by `npm run generate`: change that page instead.

/** A provider to begin with. */
export interface Recipe {
  /** The name of the resource. */
  name: string;
  host: string;
  /** An LLMProvider as YAML. */
  text: string;
}

/** In the order of the page. */
export const recipes: readonly Recipe[] = [
  {
    name: "openai",
    host: "api.openai.com",
    text: 'apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: openai, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: api.openai.com\n  endpoints: [chat, responses, embeddings, images, models, audio, files]\n  headers: { set: { openai-project: "${OPENAI_PROJECT}" } }\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${OPENAI_KEY}\n',
  },
  {
    name: "azure",
    host: "res.openai.azure.com",
    text: 'apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: azure, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: res.openai.azure.com\n  path: /openai/v1/chat/completions\n  endpoints: [chat, responses, embeddings, models]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${AZURE_KEY}\n        auth: { header: api-key, prefix: "" }\n',
  },
  {
    name: "azure-deployments",
    host: "deployed.openai.azure.com",
    text: 'apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: azure-deployments, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: deployed.openai.azure.com\n  path: /openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21\n  endpoints:\n    - chat\n    - { path: /openai/deployments/gpt-4o-mini/chat/completions }\n    - { path: /openai/deployments/text-embedding-3-small/embeddings }\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${AZURE_KEY}\n        auth: { header: api-key, prefix: "" }\n',
  },
  {
    name: "dashscope",
    host: "dashscope.aliyuncs.com",
    text: 'apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: dashscope, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: dashscope.aliyuncs.com\n  path: /compatible-mode/v1/chat/completions\n  endpoints: [chat, embeddings, models, { path: "/api/v1/services/**" }]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${DASHSCOPE_KEY}\n',
  },
  {
    name: "deepseek",
    host: "api.deepseek.com",
    text: "apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: deepseek, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: api.deepseek.com\n  path: /chat/completions\n  endpoints: [chat, beta, models, { path: /anthropic/v1/messages }]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${DEEPSEEK_KEY}\n",
  },
  {
    name: "moonshot",
    host: "api.moonshot.cn",
    text: "apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: moonshot, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: api.moonshot.cn\n  endpoints: [chat, models, files]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${MOONSHOT_KEY}\n",
  },
  {
    name: "zhipu",
    host: "open.bigmodel.cn",
    text: "apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: zhipu, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: open.bigmodel.cn\n  path: /api/paas/v4/chat/completions\n  endpoints: [chat, embeddings, images, rerank]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${ZHIPU_KEY}\n",
  },
  {
    name: "doubao",
    host: "ark.cn-beijing.volces.com",
    text: "apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: doubao, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: ark.cn-beijing.volces.com\n  path: /api/v3/chat/completions\n  endpoints: [chat, responses, embeddings, images, { path: /api/v3/bots/chat/completions }]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${ARK_KEY}\n",
  },
  {
    name: "mistral",
    host: "api.mistral.ai",
    text: "apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: mistral, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: api.mistral.ai\n  endpoints: [chat, fim, embeddings, models, moderations, files, { path: /v1/agents/completions }]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${MISTRAL_KEY}\n        usage: Off\n",
  },
  {
    name: "groq",
    host: "api.groq.com",
    text: "apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: groq, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: api.groq.com\n  path: /openai/v1/chat/completions\n  endpoints: [chat, responses, models, audio]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${GROQ_KEY}\n",
  },
  {
    name: "xai",
    host: "api.x.ai",
    text: "apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: xai, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: api.x.ai\n  endpoints: [chat, responses, images, models, messages]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${XAI_KEY}\n",
  },
  {
    name: "gemini",
    host: "generativelanguage.googleapis.com",
    text: 'apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: gemini, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: generativelanguage.googleapis.com\n  path: /v1beta/openai/chat/completions\n  endpoints:\n    - chat\n    - embeddings\n    - models\n    - { path: "/v1beta/models/*:generateContent" }\n    - { path: "/v1beta/models/*:streamGenerateContent" }\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${GEMINI_KEY}\n',
  },
  {
    name: "anthropic",
    host: "api.anthropic.com",
    text: 'apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: anthropic, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: api.anthropic.com\n  endpoints: [messages, models]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${ANTHROPIC_KEY}\n        auth: { header: x-api-key, prefix: "" }\n        parameters:\n          limits: { max_tokens: 8192 }\n',
  },
  {
    name: "openrouter",
    host: "openrouter.ai",
    text: "apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: openrouter, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: openrouter.ai\n  path: /api/v1/chat/completions\n  endpoints: [chat, responses, embeddings, models]\n  headers: { set: { http-referer: https://apps.example.com } }\n  configs:\n    defaultConfig:\n      openAIConfig:\n        apiKey: ${OPENROUTER_KEY}\n",
  },
  {
    name: "vllm",
    host: "vllm.models.svc.cluster.local",
    text: "apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: vllm, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: vllm.models.svc.cluster.local\n  port: 8000\n  tls: { mode: DISABLE }\n  endpoints: [chat, completions, embeddings, models, responses, rerank]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        parameters:\n          limits: { max_tokens: 4096 }\n",
  },
  {
    name: "ollama",
    host: "ollama.models.svc.cluster.local",
    text: 'apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\nmetadata: { name: ollama, namespace: istio-system }\nspec:\n  workloadSelector: { labels: { istio: egressgateway } }\n  host: ollama.models.svc.cluster.local\n  port: 11434\n  tls: { mode: DISABLE }\n  endpoints: [chat, completions, embeddings, models, { path: "/api/**", methods: [GET, POST] }]\n  configs:\n    defaultConfig:\n      openAIConfig:\n        models: { list: Provider }\n',
  },
];
