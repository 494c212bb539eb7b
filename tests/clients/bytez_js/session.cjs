// One session with the official client: list, job, load to RUNNING, run, streamed run, status,
// delete, and what a wrong key gets. BASE_URL and KEY come from the environment.
const assert = require("node:assert/strict");
const Bytez = require("bytez.js");

const NAME = "openai-community/gpt2";
const PROMPT = "Once upon a time there was a";
const BOUND_MS = 120_000;
const client = new Bytez(process.env.KEY);
const model = client.model(NAME);

setTimeout(() => {
    console.error(`the session took more than ${BOUND_MS / 1000} s`);
    process.exit(1);
}, BOUND_MS).unref();

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function main() {
    const list = await client.list.models.all();
    assert.ok(list.some(({ name }) => name === NAME), "the model is listed");
    assert.deepEqual(await client.list.models.byTask("no-such-task"), []);

    let job = await client.process(NAME);
    assert.equal(job.success, true);
    while (job.message !== "Model available") {
        await pause(200);
        job = await client.process(NAME);
        assert.equal(job.success, true, job.message);
    }

    await model.stop();  // what an earlier run left
    await model.load();
    const running = await model.status();
    assert.equal(running.status, "RUNNING");
    assert.equal(running.expirationPeriodSeconds, 300, "the client's own default");
    assert.deepEqual((await client.list.instances()).map((instance) => instance.model), [NAME]);
    assert.match((await model.start()).error, /already loaded/);
    await model.load();  // returns at once: it looks for "already loaded"

    const whole = await model.run(PROMPT, { max_new_tokens: 24, min_new_tokens: 24 });
    assert.ok(whole.output[0].generated_text.startsWith(PROMPT));
    assert.ok(whole.output[0].generated_text.length > PROMPT.length);

    const stream = await model.run(PROMPT, { stream: true, max_new_tokens: 24, min_new_tokens: 24 });
    let text = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) text += piece;
    assert.equal(text, whole.output[0].generated_text, "streamed or not, the same text");

    const object = await model.run({ text: PROMPT }, { max_new_tokens: 4 });
    assert.ok(object.output[0].generated_text.startsWith(PROMPT));
    assert.equal((await model.status()).inferences, 3);
    assert.match((await model.run(PROMPT, { no_such_parameter: 1 })).error, /no_such_parameter/);

    const stranger = new Bytez("a-key-that-nobody-has");
    assert.match((await stranger.list.models.all()).error, /Unauthorized/);

    assert.equal((await model.stop()).status, "stopped");
    assert.equal((await model.status()).status, "STOPPED");
    assert.deepEqual(await client.list.instances(), []);
    console.log("the official client's session is whole");
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
