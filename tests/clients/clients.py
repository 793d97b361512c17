# Python clients. Each call that works prints a line, and the first that fails ends the program.
import json
import os

import anthropic
import ollama
import openai
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai import OpenAI as LlamaIndexOpenAI
from pydantic import BaseModel

OPENAI_URL = os.environ["OPENAI_URL"]
KEY = "sk-client"
SAID = "You said: hello world"
MESSAGES = [{"role": "user", "content": "hello world"}]


class Said(BaseModel):
    said: str


def works(client, call):
    print(json.dumps({"client": client, "call": call}), flush=True)


def equal(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r} is not {expected!r}")


def openai_chat(client, name):
    whole = client.chat.completions.create(model="m", messages=MESSAGES)
    equal(whole.choices[0].message.content, SAID)
    works(name, "chat")
    chunks = list(
        client.chat.completions.create(
            model="m", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    equal((text, chunks[-1].usage.total_tokens), (SAID, 9))
    works(name, "chat, streamed")
    with client.chat.completions.stream(
        model="m", messages=MESSAGES, response_format=Said
    ) as stream:
        parsed = stream.get_final_completion()
    equal(parsed.choices[0].message.parsed, Said(said="hello world"))
    works(name, "chat, parsed from a stream")
    embedding = client.embeddings.create(model="m", input="hello")
    equal(len(embedding.data[0].embedding), 16)
    works(name, "embeddings")


def openai_responses(client, name):
    whole = client.responses.create(model="m", input="hello world")
    equal(whole.output_text, SAID)
    works(name, "responses")
    events = client.responses.create(model="m", input="hello world", stream=True)
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    equal("".join(deltas), SAID)
    works(name, "responses, streamed")
    with client.responses.stream(model="m", input="hello world", text_format=Said) as stream:
        parsed = stream.get_final_response()
    equal(parsed.output_parsed, Said(said="hello world"))
    works(name, "responses, parsed from a stream")


def openai_files(client, name):
    content = b"\0\xff{]\r\n--" * 20_000
    file = client.files.create(file=("a.bin", content), purpose="batch")
    equal(file.bytes, len(content))
    equal(client.files.list().data[0].id, file.id)
    equal(client.files.retrieve(file.id).filename, "a.bin")
    equal(client.files.content(file.id).read(), content)
    equal(client.files.delete(file.id).deleted, True)
    works(name, "files")
    heard = client.audio.transcriptions.create(file=("a.wav", content), model="whisper-1")
    equal(heard.text, f"a.wav has {len(content)} bytes.")
    works(name, "audio/transcriptions")
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input="hello world"
    ) as spoken:
        equal(len(spoken.read()), 44 + 2 * 1600)
    works(name, "audio/speech")
    equal(client.models.retrieve("a/b").id, "a/b")
    equal(len(client.models.list().data), 2)
    works(name, "models")
    equal(client.moderations.create(input="hello").results[0].flagged, False)
    works(name, "moderations")


def anthropic_messages():
    name = "anthropic (Python)"
    client = anthropic.Anthropic(base_url=os.environ["ANTHROPIC_URL"], api_key=KEY, max_retries=0)
    request = {"model": "m", "max_tokens": 100, "messages": MESSAGES}
    equal(client.messages.create(**request).content[0].text, SAID)
    works(name, "messages")
    with client.messages.stream(**request) as stream:
        message = stream.get_final_message()
    equal((message.content[0].text, message.usage.output_tokens), (SAID, 4))
    works(name, "messages, streamed")
    equal(client.messages.count_tokens(model="m", messages=MESSAGES).input_tokens, 5)
    works(name, "messages/count_tokens")


def llama_index():
    name = "LlamaIndex (Python)"
    # It looks up what a model can do by its name.
    llm = LlamaIndexOpenAI(
        model="gpt-4o", api_base=f"{OPENAI_URL}/v1", api_key=KEY, max_retries=0
    )
    messages = [ChatMessage(role="user", content="hello world")]
    equal(llm.chat(messages).message.content, SAID)
    works(name, "chat")
    equal("".join(each.delta or "" for each in llm.stream_chat(messages)), SAID)
    works(name, "chat, streamed")


def ollama_chat():
    name = "ollama (Python)"
    client = ollama.Client(host=OPENAI_URL)
    whole = client.chat(model="m", messages=MESSAGES)
    equal((whole.message.content, whole.eval_count), (SAID, 4))
    works(name, "/api/chat")
    stream = client.chat(model="m", messages=MESSAGES, stream=True)
    equal("".join(each.message.content for each in stream), SAID)
    works(name, "/api/chat, streamed")


openai_client = openai.OpenAI(base_url=f"{OPENAI_URL}/v1", api_key=KEY, max_retries=0)
for calls in (openai_chat, openai_responses, openai_files):
    calls(openai_client, "openai (Python)")
anthropic_messages()
llama_index()
ollama_chat()
