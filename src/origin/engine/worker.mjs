// The bundled engine: the OpenAI HTTP API (health, models, completions, chat completions) over one
// model file, on loopback. Prints the address it listens on, never a prompt or an output; ends when
// its standard input closes, which is when the process that started it is gone.
//
//   node worker.mjs --model FILE [--name NAME] [--host 127.0.0.1] [--port 0] [--context 2048]
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

import { BadRequest, Generator } from "./generator.mjs";

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_STOP_STRINGS = 16;

const { values: options } = parseArgs({
    options: {
        model: { type: "string" },
        name: { type: "string", default: "model" },
        host: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "0" },
        context: { type: "string", default: "2048" },
    },
});
if (!options.model) {
    console.error("usage: worker.mjs --model FILE [--name NAME] [--host H] [--port P] [--context N]");
    process.exit(2);
}

/** The request's body as an object; BadRequest or an error with `status` where it is none. */
async function readBody(request) {
    const pieces = [];
    let size = 0;
    for await (const piece of request) {
        size += piece.length;
        if (size > MAX_BODY_BYTES) {
            throw Object.assign(new Error(`the body is over ${MAX_BODY_BYTES} bytes`), { status: 413 });
        }
        pieces.push(piece);
    }
    let body;
    try {
        body = JSON.parse(Buffer.concat(pieces).toString("utf8"));
    } catch {
        throw new BadRequest("the body is no JSON");
    }
    if (body === null || typeof body !== "object" || Array.isArray(body)) {
        throw new BadRequest("the body is no JSON object");
    }
    return body;
}

/** A number in [low, high], or the fallback where the field is absent. */
function number(body, name, fallback, low, high) {
    const value = body[name] ?? fallback;
    if (typeof value !== "number" || !(value >= low && value <= high)) {
        throw new BadRequest(`${name} must be a number from ${low} to ${high}`);
    }
    return value;
}
const integer = (...field) => Math.trunc(number(...field));

function stopStrings(body) {
    const list = body.stop == null ? [] : [body.stop].flat();
    if (list.length > MAX_STOP_STRINGS ||
        list.some((text) => typeof text !== "string" || text.length === 0 || text.length > 256)) {
        throw new BadRequest(`stop must be a text or up to ${MAX_STOP_STRINGS} texts`);
    }
    return list;
}

function readSampling(body) {
    const topK = integer(body, "top_k", 0, -1, 1e6);
    return {
        maxTokens: integer(body, "max_tokens", body.max_completion_tokens ?? 16, 0, 1e6),
        minTokens: integer(body, "min_tokens", 0, 0, 1e6),
        temperature: number(body, "temperature", 1, 0, 100),
        topP: number(body, "top_p", 1, 0, 1),
        minP: number(body, "min_p", 0, 0, 1),
        topK: Math.max(0, topK),  // -1 and 0 both mean all
        seed: body.seed == null ? undefined : integer(body, "seed", 0, 0, 0xffffffff),
        repetitionPenalty: number(body, "repetition_penalty", 1, 0.01, 100),
        frequencyPenalty: number(body, "frequency_penalty", 0, -2, 2),
        presencePenalty: number(body, "presence_penalty", 0, -2, 2),
        stop: stopStrings(body),
    };
}

/** How the two calls differ: what they take, and the shapes they answer in. */
const completions = {
    prefix: "cmpl",
    object: "text_completion",
    chunkObject: "text_completion",
    read(body, generator) {
        if (typeof body.prompt !== "string") throw new BadRequest("prompt must be a text");
        return { tokens: generator.tokenize(body.prompt), stop: [], echo: body.echo ? body.prompt : "" };
    },
    whole: (text) => ({ text }),
    piece: (text) => ({ text }),
};
const chatCompletions = {
    prefix: "chatcmpl",
    object: "chat.completion",
    chunkObject: "chat.completion.chunk",
    read(body, generator) {
        if (!Array.isArray(body.messages) || body.messages.length === 0) {
            throw new BadRequest("messages must be a list of messages");
        }
        return { ...generator.tokenizeChat(body.messages), echo: "" };
    },
    whole: (content) => ({ message: { role: "assistant", content } }),
    piece: (content) => ({ delta: { role: "assistant", content } }),
};

async function complete(call, generator, request, response) {
    const body = await readBody(request);
    const { tokens, stop, echo } = call.read(body, generator);
    const sampling = readSampling(body);
    sampling.stop.push(...stop);
    const aborted = new AbortController();
    response.on("close", () => aborted.abort());
    const answer = {
        id: `${call.prefix}-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: options.name,
    };
    const pieces = generator.generate(tokens, sampling, aborted.signal);
    const write = body.stream ? streamed : collected;
    await write({ call, answer, echo, promptTokens: tokens.length, response, signal: aborted.signal }, pieces);
}

const usageOf = (prompt, generated) =>
    ({ prompt_tokens: prompt, completion_tokens: generated, total_tokens: prompt + generated });

async function collected({ call, answer, echo, promptTokens, response }, pieces) {
    let text = echo;
    let step = await pieces.next();
    for (; !step.done; step = await pieces.next()) text += step.value;
    const { finish, generated } = step.value;
    const choice = { index: 0, ...call.whole(text), logprobs: null, finish_reason: finish };
    send(response, 200, { ...answer, object: call.object, choices: [choice],
        usage: usageOf(promptTokens, generated) });
}

async function streamed({ call, answer, echo, promptTokens, response, signal }, pieces) {
    // The first token decides between an error and a stream.
    let step = await pieces.next();
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const event = async (choice, more) => {
        const data = { ...answer, object: call.chunkObject, choices: [{ index: 0, ...choice }], ...more };
        if (!response.write(`data: ${JSON.stringify(data)}\n\n`)) await drained(response, signal);
    };
    if (echo) await event({ ...call.piece(echo), finish_reason: null });
    for (; !step.done; step = await pieces.next()) {
        await event({ ...call.piece(step.value), finish_reason: null });
    }
    const { finish, generated } = step.value;
    await event({ ...call.piece(""), finish_reason: finish }, { usage: usageOf(promptTokens, generated) });
    response.end("data: [DONE]\n\n");
}

/** Waits for a slow reader; a reader that has gone is not waited for. */
function drained(response, signal) {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
        response.once("drain", resolve);
        response.once("close", resolve);
    });
}

function send(response, status, body) {
    const text = JSON.stringify(body);
    response.writeHead(status,
        { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
}

function fail(response, error) {
    if (response.headersSent || response.destroyed) return response.destroy();
    const status = error instanceof BadRequest ? 400 : error.status ?? 500;
    const type = status < 500 ? "invalid_request_error" : "server_error";
    send(response, status, { error: { message: error.message, type, code: status } });
}

async function route(generator, request, response) {
    const path = request.url.split("?", 1)[0];
    switch (`${request.method} ${path}`) {
        case "GET /health":
            return send(response, 200, { status: "ok" });
        case "GET /v1/models":
            return send(response, 200,
                { object: "list", data: [{ id: options.name, object: "model", owned_by: "tollgate" }] });
        case "POST /v1/completions":
            return complete(completions, generator, request, response);
        case "POST /v1/chat/completions":
            return complete(chatCompletions, generator, request, response);
        default:
            throw Object.assign(new Error("no such call"), { status: 404 });
    }
}

process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
process.on("SIGTERM", () => process.exit(0));

const generator = await Generator.load(options.model, Number(options.context));
const server = createServer((request, response) => {
    response.on("error", () => {});
    route(generator, request, response).catch((error) => fail(response, error));
});
server.keepAliveTimeout = 60_000;
server.listen(Number(options.port), options.host, () => {
    console.log(`listening on http://${options.host}:${server.address().port}`);
});
