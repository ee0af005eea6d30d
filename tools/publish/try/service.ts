// Without a network, the live page comes from what it kept of itself.

type Fetch = Event & { request: Request; respondWith(answer: Promise<Response>): void };

addEventListener("fetch", (event) => {
  const { request } = event as Fetch;
  const kept = async () =>
    (await caches.match(request, { ignoreSearch: true })) ?? Response.error();
  if (request.method === "GET") (event as Fetch).respondWith(fetch(request).catch(kept));
});
