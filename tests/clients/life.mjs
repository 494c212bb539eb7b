// One instance's life by Node's fetch: life.mjs BASE_URL KEY MODEL
import assert from 'node:assert/strict';

const [base, key, model] = process.argv.slice(2);
const headers = { Authorization: `Key ${key}`, 'Content-Type': 'application/json' };

async function call(name, body = {}, status = 200) {
    const answer = await fetch(`${base}/model/${name}`,
        { method: 'POST', headers, body: JSON.stringify({ model, ...body }) });
    assert.equal(answer.status, status, name);
    return answer;
}

await call('load', { concurrency: 1, expirationPeriodSeconds: 300 });
const deadline = Date.now() + 60_000;
while ((await (await call('status')).json()).status !== 'RUNNING') {
    assert(Date.now() < deadline, 'not RUNNING');
    await new Promise((resolve) => setTimeout(resolve, 200));
}
assert((await (await call('run', { prompt: 'Once', params: { max_length: 20 } })).json()).output);
let text = '';
for await (const piece of (await call('run', { prompt: 'Once', stream: true })).body)
    text += new TextDecoder().decode(piece);
assert(text.length > 0);
await call('delete');
