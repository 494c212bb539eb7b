// The official client's URL is fixed in its source; it calls the global fetch. With
// `node --require ./redirect.cjs` its calls go to BASE_URL, and the package stays unmodified.
const original = globalThis.fetch;
globalThis.fetch = (url, options) =>
    original(String(url).replace("https://api.bytez.com", process.env.BASE_URL), options);
