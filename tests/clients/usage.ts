// What people do, by the generated client: every upload, every kind of refusal, answers in bytes.
import { readFileSync } from "node:fs";
import { client } from "./ts/client.gen";
import * as api from "./ts/sdk.gen";

const [url, picture] = process.argv.slice(2);
const password = "four unrelated words here";
client.setConfig({ baseUrl: url });

type Answer<T, E> = { data?: T; error?: E; response: Response };

function ensure(fact: unknown, what: string): asserts fact {
  if (!fact) throw new Error(what);
}

async function good<T, E>(status: number, call: Promise<Answer<T, E>>): Promise<T> {
  const { data, error, response } = await call;
  ensure(response.status === status, `${response.url}: ${response.status}, not ${status}`);
  ensure(data !== undefined, `${response.url}: not read, ${JSON.stringify(error)}`);
  return data;
}

async function refused<T, E extends { detail: unknown }>(
  status: number,
  call: Promise<Answer<T, E>>,
): Promise<E["detail"]> {
  const { error, response } = await call;
  ensure(response.status === status, `${response.url}: ${response.status}, not ${status}`);
  ensure(error?.detail, `${response.url}: ${status} without a reason`);
  return error.detail;
}

async function join(username: string): Promise<string> {
  const body = { username, email: `${username}@example.com`, password };
  await good(201, api.register({ body }));
  return (await good(200, api.issueToken({ body: { username, password } }))).access_token;
}

const isPng = async (file: Blob) => (await file.slice(1, 4).text()) === "PNG";
const file = (content: string) => new Blob([content], { type: "text/plain" });

async function main(): Promise<void> {
  const [carol, dan] = [await join("carol"), await join("dan")];

  const bookmarks = file('<DT><A HREF="https://example.net/">E</A>');
  const [imported] = await good(200, api.importLinks({ auth: carol, body: { file: bookmarks } }));
  ensure(imported.status === "ok", "the bookmark was not imported");
  const shelf = file("Title,ISBN13,Exclusive Shelf\n1984,9780451524935,read\n");
  const [row] = await good(200, api.importLibrary({ auth: carol, body: { file: shelf } }));
  ensure(row.code === 404, "a book that nobody has entered");
  const body = { title: "Hello from TypeScript", content: "A first text." };
  const post = await good(201, api.createPost({ auth: carol, body }));
  const image = new Blob([readFileSync(picture)], { type: "image/png" });
  const path = { post_id: post.id };
  const shown = await good(200, api.uploadPostImage({ auth: carol, path, body: { file: image } }));
  console.log("@hey-api/openapi-ts: Every upload is done.");

  const links = await good(200, api.listLinks({ auth: carol }));
  const link = links[0];
  ensure("short_code" in link && link.short_code, "the list is not one's own");
  const query = { key: link.short_code };
  ensure(await isPng(await good(200, api.drawLinkCode({ auth: carol, query }))), "no QR code");
  const name = shown.image_url?.split("/").pop() ?? "";
  const got = await good(200, api.readPostImage({ auth: carol, path: { name } }));
  ensure(await isPng(got), "no image");
  const exported = await good(200, api.exportLinks({ auth: carol }));
  ensure(String(exported).includes("example.net"), "no export");
  console.log("@hey-api/openapi-ts: Pictures and files arrive as bytes and text.");

  const target = { title: "Mine", url: "https://example.org/ts" };
  await refused(401, api.createLink({ body: target }));
  const mine = await good(201, api.createLink({ auth: carol, body: target }));
  await refused(403, api.deleteLink({ auth: dan, path: { link_id: mine.id } }));
  await refused(404, api.readLink({ path: { link_id: 2 ** 31 - 1 } }));
  const account = { username: "carol", email: "carol@example.com", password };
  await refused(409, api.register({ body: account }));
  const problems = await refused(422, api.register({ body: { ...account, password: "1" } }));
  ensure(Array.isArray(problems) && problems[0].loc.includes("password"), "not said what is wrong");
  await refused(422, api.importLinks({ auth: carol, body: { file: file("nothing") } }));
  await refused(415, api.uploadPostImage({ auth: carol, path, body: { file: file("no picture") } }));
  const much = new Blob([new Uint8Array(6_000_000)]);
  await refused(413, api.uploadPostImage({ auth: carol, path, body: { file: much } }));
  console.log("@hey-api/openapi-ts: Every kind of refusal is read.");

  for (let attempt = 0; attempt < 30; attempt++) {
    const form = { username: "carol", password: "a wrong password" };
    const { error, response } = await api.issueToken({ body: form });
    if (response.status === 429) {
      ensure(error?.detail, "429 without a reason");
      console.log("@hey-api/openapi-ts: A wrong password is refused, and too many are, too.");
      return;
    }
    ensure(error && "error" in error && error.error === "invalid_grant", "not read");
  }
  throw new Error("guessing never ended");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
