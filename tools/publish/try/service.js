// Without a network, the live page comes from what it kept of itself.

addEventListener("fetch", (event) => {
  const { request, respondWith } = /** @type {any} */ (event);
  if (request.method !== "GET") return;
  /** @type {any} */ (event).respondWith(
    fetch(request).catch(async () => (await caches.match(request, { ignoreSearch: true })) ?? Response.error()),
  );
});
