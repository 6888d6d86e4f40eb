import { afterEach, beforeEach, expect, test } from "vitest";
import { OwnWords, WordsError } from "../../src/protocol/own-words.ts";
import { wordsSentence } from "../../src/ui/words-sentence.ts";
import { ScriptedServer, TOKEN } from "../browser/scripted-server.ts";

let server: ScriptedServer;
let own: OwnWords;

beforeEach(async () => {
  server = new ScriptedServer();
  await server.start();
  own = new OwnWords({ origin: server.origin, token: TOKEN }, "test");
});
afterEach(() => server.stop());

const troubleOf = (asked: Promise<unknown>) =>
  asked.then(
    () => "none",
    (error: unknown) => (error instanceof WordsError ? error.trouble : String(error)),
  );

const FOUND = {
  learning: true,
  total: 7,
  words: [{ text: "Foretype", seen: 5, by_hand: false }, { text: "Zoë", by_hand: true, later: 1 }, { seen: 3 }],
};

test("words are found by a part of them, and what a newer server adds is ignored", async () => {
  server.words.set("GET /v1/words", [200, JSON.stringify(FOUND)]);
  expect(await own.find("ö & co", 50, 100)).toEqual({
    learning: true,
    total: 7,
    words: [
      { text: "Foretype", seen: 5, byHand: false },
      { text: "Zoë", seen: 0, byHand: true },
    ],
  });
  expect(server.wordRequests).toEqual([
    {
      method: "GET",
      url: "/v1/words?search=%C3%B6+%26+co&limit=50&offset=100",
      token: `Bearer ${TOKEN}`,
      body: "",
      // The one on which the server has proved that it knows the token.
      sockets: 1,
    },
  ]);
});

test("words are added, removed, exported, imported and forgotten", async () => {
  const file = '{"words": []}';
  server.words.set("POST /v1/words", [200, '{"total": 1}']);
  server.words.set("GET /v1/words/export", [200, file]);
  server.words.set("POST /v1/words/import", [200, '{"total": 9}']);
  server.words.set("DELETE /v1/words", [200, '{"total": 0}']);
  server.words.set("GET /v1/words", [200, '{"total": 1, "words": [{"text": "Leeds"}]}']);
  await own.add("Leeds");
  await own.remove("Leeds");
  expect(await own.export()).toBe(file);
  expect(await own.import(file)).toBe(9);
  await own.forgetAll();
  expect(server.wordRequests.map(({ method, url, body }) => [method, url, body])).toEqual([
    ["POST", "/v1/words", '{"add":["Leeds"]}'],
    ["GET", "/v1/words?search=Leeds&limit=1000&offset=0", ""],
    ["POST", "/v1/words", '{"remove":["Leeds"]}'],
    ["GET", "/v1/words/export", ""],
    ["POST", "/v1/words/import", file],
    ["DELETE", "/v1/words", ""],
  ]);
});

test("a text that the server leaves out is refused", async () => {
  server.words.set("POST /v1/words", [200, '{"total": 1}']);
  server.words.set("GET /v1/words", [200, '{"total": 1, "words": [{"text": "Leeds and York"}]}']);
  expect(await troubleOf(own.add("Leeds"))).toBe("unusable");
});

test("a server whose administrator has switched learning off says so", async () => {
  server.words.set("GET /v1/words", [200, '{"learning": false, "total": 0, "words": []}']);
  expect(await own.find("", 50, 0)).toEqual({ learning: false, total: 0, words: [] });
});

test.each([
  [400, "unusable"],
  [401, "unknown_token"],
  [404, "too_old"],
  [405, "too_old"],
  [413, "too_large"],
  [429, "busy"],
  [500, "server_failed"],
])("an answer with %i means: %s", async (status, trouble) => {
  server.words.set("POST /v1/words", [status, '{"code": "x"}']);
  expect(await troubleOf(own.add("Leeds"))).toBe(trouble);
});

test.each(["proves nothing", "proves another token"] as const)(
  "another program that %s gets neither the token nor a word",
  async (knowledge) => {
    server.knowledge = knowledge;
    expect(await troubleOf(own.add("Leeds"))).toBe("not_foretype");
    expect(server.wordRequests).toEqual([]);
    expect(JSON.stringify(server.received)).not.toContain(TOKEN);
  },
);

test("a token that was revoked, an unreachable server and an answer without words are told apart", async () => {
  const revoked = new OwnWords({ origin: server.origin, token: "another-token" }, "test");
  expect(await troubleOf(revoked.find("", 1, 0))).toBe("unknown_token");
  server.words.set("GET /v1/words", [200, "<html>"]);
  expect(await troubleOf(own.find("", 1, 0))).toBe("not_foretype");
  await server.stop();
  expect(await troubleOf(own.find("", 1, 0))).toBe("unreachable");
  await server.start();
});

test("a sentence says what happened and what to do", () => {
  expect(wordsSentence("too_old", "http://a.test", false)).toContain("Update Foretype");
  expect(wordsSentence("unusable", "http://a.test", true)).toContain("not a file with exported words");
  expect(wordsSentence("unreachable", "http://a.test", false)).toContain("No server answers at http://a.test");
});
