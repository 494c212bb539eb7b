// One model in memory and one generation at a time: llama.cpp through node-llama-cpp. Owns tokens,
// sampling, stop strings and the cutting of text at whole code points; knows nothing of HTTP.
import { getLlama, resolveChatWrapper } from "node-llama-cpp";

const REPLACEMENT = "\ufffd";

/** What the caller can mend: sent back as 400. */
export class BadRequest extends Error {}

export class Generator {
    #model;
    #sequence;
    #chat;
    #busy = Promise.resolve();

    static async load(modelPath, contextSize) {
        // One thread: with two, llama.cpp's spinning threads stall beside other load on a small machine.
        const llama = await getLlama({
            gpu: false, build: "never", maxThreads: 1, progressLogs: false, skipDownload: true,
        });
        const generator = new Generator();
        generator.#model = await llama.loadModel({ modelPath });
        const size = Math.min(contextSize, generator.#model.trainContextSize);
        const context = await generator.#model.createContext({ contextSize: size });
        generator.#sequence = context.getSequence();
        generator.#chat = resolveChatWrapper(generator.#model);
        return generator;
    }

    /** Tokens of a plain prompt, with the model's own beginning. */
    tokenize(prompt) {
        const tokens = this.#model.tokenize(prompt);
        const { bos, shouldPrependBosToken } = this.#model.tokens;
        if (bos != null && shouldPrependBosToken && tokens[0] !== bos) tokens.unshift(bos);
        return tokens;
    }

    /** Tokens of a conversation in the model's own template, and the texts that end its answer. */
    tokenizeChat(messages) {
        const kinds = { system: "system", developer: "system", user: "user", assistant: "model" };
        const chatHistory = messages.map(({ role, content }) => {
            const type = kinds[role];
            if (!type || typeof content !== "string") {
                throw new BadRequest("each message needs a role (system, user, assistant) and a text");
            }
            return type === "model" ? { type, response: [content] } : { type, text: content };
        });
        // The open answer that the model is to write.
        chatHistory.push({ type: "model", response: [] });
        const { contextText, stopGenerationTriggers } = this.#chat.generateContextState({ chatHistory });
        const stop = stopGenerationTriggers.map((trigger) => trigger.toString())
            .filter((text) => text.length > 0);
        return { tokens: contextText.tokenize(this.#model.tokenizer), stop };
    }

    /**
     * Yields pieces of text, never cut inside a code point; returns {finish, generated}. Waits until
     * an earlier generation has ended; ends between two tokens when `signal` fires.
     */
    async *generate(tokens, options, signal) {
        let release;
        const earlier = this.#busy;
        this.#busy = new Promise((resolve) => { release = resolve; });
        try {
            await earlier;
            if (signal.aborted) return { finish: "abort", generated: 0 };
            return yield* this.#run(tokens, options, signal);
        } finally {
            release();
        }
    }

    async *#run(tokens, options, signal) {
        const room = this.#sequence.contextSize - tokens.length - 1;
        if (room < 1) {
            throw new BadRequest(`the prompt has ${tokens.length} tokens, ` +
                `the context holds ${this.#sequence.contextSize}`);
        }
        const limit = Math.min(options.maxTokens, room);
        if (limit < 1) return { finish: "length", generated: 0 };
        await this.#sequence.clearHistory();
        const text = new TextCutter(this.#model, options.stop);
        let generated = 0;
        let finish = "length";
        for await (const token of this.#tokens(tokens, options)) {
            if (signal.aborted) { finish = "abort"; break; }
            if (token === null) { finish = "stop"; break; }
            generated += 1;
            const piece = text.push(token);
            if (piece) yield piece;
            if (text.stopped) { finish = "stop"; break; }
            if (generated >= limit) break;
            // Lets the HTTP side see a closed connection even when tokens come without a pause.
            if (generated % 16 === 0) await new Promise(setImmediate);
        }
        const rest = finish === "abort" ? "" : text.end();
        if (rest) yield rest;
        return { finish, generated };
    }

    /** Token ids as they are sampled; null where the model ended its text by itself. */
    async *#tokens(prompt, options) {
        const past = [];
        const sampling = {
            temperature: options.temperature, topP: options.topP, topK: options.topK,
            minP: options.minP, seed: options.seed, yieldEogToken: true,
            repeatPenalty: {
                punishTokens: () => past.slice(-256), maxPunishTokens: 256,
                penalty: options.repetitionPenalty, frequencyPenalty: options.frequencyPenalty,
                presencePenalty: options.presencePenalty,
            },
        };
        // Only min_tokens needs the probabilities, and they cost a pass over the vocabulary.
        const metadata = { probabilities: options.minTokens > 0 };
        const steps = this.#sequence.evaluateWithMetadata(prompt, metadata, sampling);
        let step = await steps.next();
        try {
            while (!step.done) {
                let token = step.value.token;
                let forced;
                if (this.#model.isEogToken(token)) {
                    if (past.length >= options.minTokens) { yield null; return; }
                    token = forced = this.#likeliest(step.value.probabilities);
                }
                past.push(token);
                yield token;
                step = await steps.next(forced);
            }
        } finally {
            await steps.return();
        }
    }

    /** The most probable token that does not end the text (the map is sorted, best first). */
    #likeliest(probabilities) {
        for (const token of probabilities.keys()) {
            if (!this.#model.isEogToken(token)) return token;
        }
        throw new Error("every token of the vocabulary ends the text");
    }
}

/** Turns tokens into text: holds back what may be half a code point or the start of a stop string. */
class TextCutter {
    stopped = false;
    #model;
    #stop;
    #waiting = [];
    #last = [];
    #held = "";

    constructor(model, stop) {
        this.#model = model;
        this.#stop = stop;
    }

    push(token) {
        this.#waiting.push(token);
        const text = this.#model.detokenize(this.#waiting, false, this.#last);
        // Bytes of an unfinished letter come out as a replacement character at the end; no letter
        // has more than four bytes.
        if (text.endsWith(REPLACEMENT) && this.#waiting.length < 4) return "";
        this.#last = [...this.#last, ...this.#waiting].slice(-8);
        this.#waiting = [];
        return this.#release(text);
    }

    end() {
        const text = this.#waiting.length === 0 ? ""
            : this.#model.detokenize(this.#waiting, false, this.#last);
        const piece = this.stopped ? "" : this.#release(text) + this.#held;
        this.#held = "";
        return piece;
    }

    #release(text) {
        this.#held += text;
        const ends = this.#stop.map((stop) => this.#held.indexOf(stop)).filter((at) => at >= 0);
        if (ends.length > 0) {
            this.stopped = true;
            const piece = this.#held.slice(0, Math.min(...ends));
            this.#held = "";
            return piece;
        }
        const keep = Math.max(0, ...this.#stop.map((stop) => this.#overlap(stop)));
        const piece = this.#held.slice(0, this.#held.length - keep);
        this.#held = this.#held.slice(this.#held.length - keep);
        return piece;
    }

    /** How many characters at the end of the held text are a beginning of `stop`. */
    #overlap(stop) {
        let length = Math.min(stop.length - 1, this.#held.length);
        while (length > 0 && !this.#held.endsWith(stop.slice(0, length))) length -= 1;
        return length;
    }
}
