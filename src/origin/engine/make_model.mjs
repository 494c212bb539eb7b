// Writes the bundled model: a GGUF file of the llama architecture with random weights from a seeded
// generator. It knows nothing, but every layer of inference is real: tokenizer, attention, sampling.
// Standard library only; the same seed gives the same bytes.
//
//   node make_model.mjs FILE [--layers 2] [--width 64] [--seed 42]
//
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (version 3).
import { renameSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
        layers: { type: "string", default: "2" },
        width: { type: "string", default: "64" },
        seed: { type: "string", default: "42" },
    },
});
const path = positionals[0];
const layers = Number(values.layers);
const width = Number(values.width);
if (!path || !(layers > 0) || !(width > 0) || width % 32 !== 0) {
    console.error("usage: make_model.mjs FILE [--layers N] [--width MULTIPLE_OF_32] [--seed N]");
    process.exit(2);
}
const feedForward = width * 2;
const heads = 4;

// Mulberry32 and Box–Muller: small, and the same on every machine.
let state = Number(values.seed) >>> 0;
function uniform() {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
function gaussian() {
    return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
const random = (count, deviation) => Float32Array.from({ length: count }, () => gaussian() * deviation);
const ones = (count) => new Float32Array(count).fill(1);

// The vocabulary, SentencePiece style: three specials, every byte (so that any text can be read),
// printable ASCII, some words, some letters of several bytes.
const TokenType = { normal: 1, unknown: 2, control: 3, byte: 6 };
const vocabulary = [];
const add = (text, score, type) => vocabulary.push({ text, score, type });
add("<unk>", 0, TokenType.unknown);
add("<s>", 0, TokenType.control);
add("</s>", 0, TokenType.control);
for (let byte = 0; byte < 256; byte++) {
    add(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`, 0, TokenType.byte);
}
const single = ["\u2581", ...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)),
    "é", "ü", "ß", "ñ", "λ", "ж", "你", "好", "世", "界", "€", "😀"];
for (const text of single) add(text, -100 - vocabulary.length, TokenType.normal);
const words = ["the", "and", "to", "of", "a", "in", "was", "once", "upon", "time", "there", "man",
    "who", "throne", "hello", "world", "token", "model", "gate", "toll", "meter", "second"];
words.forEach((word, i) => add(`\u2581${word}`, -1 - i, TokenType.normal));

// Little-endian pieces of the header.
const u32 = (value) => { const b = Buffer.alloc(4); b.writeUInt32LE(value); return b; };
const u64 = (value) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(BigInt(value)); return b; };
const f32 = (value) => { const b = Buffer.alloc(4); b.writeFloatLE(value); return b; };
const text = (value) => { const b = Buffer.from(value, "utf8"); return Buffer.concat([u64(b.length), b]); };
const Kind = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 };
const encode = {
    [Kind.u32]: u32, [Kind.i32]: u32, [Kind.f32]: f32, [Kind.string]: text,
    [Kind.bool]: (value) => Buffer.from([value ? 1 : 0]),
};
const metadata = [];
const put = (key, kind, value) => metadata.push(Buffer.concat([text(key), u32(kind), encode[kind](value)]));
const putArray = (key, kind, list) => metadata.push(
    Buffer.concat([text(key), u32(Kind.array), u32(kind), u64(list.length), ...list.map(encode[kind])]));

put("general.architecture", Kind.string, "llama");
put("general.name", Kind.string, "tiny-random-llama");
put("general.description", Kind.string, "random weights: real inference, no meaning");
put("general.alignment", Kind.u32, 32);
put("general.file_type", Kind.u32, 0);
for (const [key, value] of Object.entries({
    context_length: 4096, embedding_length: width, block_count: layers, feed_forward_length: feedForward,
    "attention.head_count": heads, "attention.head_count_kv": heads, "rope.dimension_count": width / heads,
    vocab_size: vocabulary.length,
})) put(`llama.${key}`, Kind.u32, value);
put("llama.attention.layer_norm_rms_epsilon", Kind.f32, 1e-5);
put("llama.rope.freq_base", Kind.f32, 10000);
put("tokenizer.ggml.model", Kind.string, "llama");
put("tokenizer.ggml.pre", Kind.string, "default");
putArray("tokenizer.ggml.tokens", Kind.string, vocabulary.map((token) => token.text));
putArray("tokenizer.ggml.scores", Kind.f32, vocabulary.map((token) => token.score));
putArray("tokenizer.ggml.token_type", Kind.i32, vocabulary.map((token) => token.type));
put("tokenizer.ggml.bos_token_id", Kind.u32, 1);
put("tokenizer.ggml.eos_token_id", Kind.u32, 2);
put("tokenizer.ggml.unknown_token_id", Kind.u32, 0);
put("tokenizer.ggml.add_bos_token", Kind.bool, true);
put("tokenizer.ggml.add_eos_token", Kind.bool, false);
put("tokenizer.ggml.add_space_prefix", Kind.bool, true);
put("tokenizer.chat_template", Kind.string,
    "{% for message in messages %}{{ '[' + message['role'] + '] ' + message['content'] + '\\n' }}" +
    "{% endfor %}{% if add_generation_prompt %}{{ '[assistant] ' }}{% endif %}");

const tensors = [];
const tensor = (name, dimensions, data) => tensors.push({ name, dimensions, data });
tensor("token_embd.weight", [width, vocabulary.length], random(width * vocabulary.length, 1));
tensor("output_norm.weight", [width], ones(width));
const output = random(width * vocabulary.length, 0.35);
// Specials and raw bytes are made unlikely, so that the output reads as text and seldom ends early.
vocabulary.forEach(({ type }, row) => {
    if (type === TokenType.normal) return;
    for (let i = row * width; i < (row + 1) * width; i++) output[i] *= 0.05;
});
tensor("output.weight", [width, vocabulary.length], output);
for (let layer = 0; layer < layers; layer++) {
    const name = (part) => `blk.${layer}.${part}.weight`;
    const deviation = 1 / Math.sqrt(width);
    tensor(name("attn_norm"), [width], ones(width));
    tensor(name("ffn_norm"), [width], ones(width));
    for (const part of ["attn_q", "attn_k", "attn_v", "attn_output"]) {
        tensor(name(part), [width, width], random(width * width, deviation));
    }
    tensor(name("ffn_gate"), [width, feedForward], random(width * feedForward, deviation));
    tensor(name("ffn_up"), [width, feedForward], random(width * feedForward, deviation));
    tensor(name("ffn_down"), [feedForward, width], random(width * feedForward, 1 / Math.sqrt(feedForward)));
}

const padding = (length) => Buffer.alloc((32 - (length % 32)) % 32);
let offset = 0;
const directory = tensors.map(({ name, dimensions, data }) => {
    const entry = Buffer.concat(
        [text(name), u32(dimensions.length), ...dimensions.map(u64), u32(0), u64(offset)]);
    offset += data.byteLength + padding(data.byteLength).length;
    return entry;
});
const header = Buffer.concat(
    [Buffer.from("GGUF"), u32(3), u64(tensors.length), u64(metadata.length), ...metadata, ...directory]);

// Whole or not at all: a build that is interrupted must not leave half a model.
const parts = [header, padding(header.length)];
for (const { data } of tensors) parts.push(Buffer.from(data.buffer), padding(data.byteLength));
writeFileSync(`${path}.part`, Buffer.concat(parts));
renameSync(`${path}.part`, path);
console.log(`${path}: ${vocabulary.length} tokens, ${tensors.length} tensors`);
