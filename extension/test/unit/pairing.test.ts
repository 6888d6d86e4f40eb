import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { connect, exchange, PairingError, readPrintedAddress } from "../../src/protocol/pairing.ts";
import { troubleSentence } from "../../src/ui/trouble-sentence.ts";

let server: Server;

/** A server that is ready, and whose sockets `answer` once the client has said hello. Its address. */
async function serverThat(answer: (socket: WebSocket) => void): Promise<string> {
  server = createServer((_, response) => response.end('{"status":"ready"}'));
  const sockets = new WebSocketServer({ server, handleProtocols: () => "foretype.v1" });
  sockets.on("connection", (socket) => socket.once("message", () => answer(socket)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const troubleOf = (address: string) =>
  connect(address, "a-token-of-this-test", "test").then(
    () => "none",
    (error: unknown) => (error instanceof PairingError ? error.trouble : String(error)),
  );

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A server that is ready, and that answers `/v1/pair` with `status`. Its address. */
async function serverThatPairsWith(status: number): Promise<string> {
  server = createServer((request, response) => {
    response.statusCode = request.url === "/v1/pair" ? status : 200;
    response.end('{"status":"ready"}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const sentenceAfter = async (status: number) => {
  const address = await serverThatPairsWith(status);
  const trouble = await exchange(address, "ABCD-EFGH", "test").then(
    () => "none" as never,
    (error: PairingError) => error.trouble,
  );
  return troubleSentence(trouble, address);
};

test.each([
  [500, "could not store"],
  [503, "has no room"],
  [401, "is wrong, already used or expired"],
  [429, "Too many wrong codes"],
])("a pairing that is answered with %i says: %s", async (status, words) => {
  expect(await sentenceAfter(status)).toContain(words);
});

test("a server that has no room for a connection is told apart from another program", async () => {
  server = createServer((_, response) => {
    response.statusCode = 503;
    response.end("The server has no room for another connection: try again in 10 s.");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  expect(await troubleOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).toBe("busy");
});

test("a server that cannot look up the token now is told apart from a wrong token", async () => {
  const failing = await serverThat((socket) =>
    socket.send('{"type":"error","code":"internal","message":"The server cannot read its list."}'),
  );
  expect(await troubleOf(failing)).toBe("server_failed");
});

test("a wrong token is told apart from too many wrong tokens", async () => {
  const wrong = await serverThat((socket) => socket.close(4401));
  expect(await troubleOf(wrong)).toBe("unknown_token");
  server.closeAllConnections();
  server.close();
  const locked = await serverThat((socket) =>
    socket.send('{"type":"error","code":"rate_limited","message":"Too many wrong tokens: try again in 60 s."}'),
  );
  expect(await troubleOf(locked)).toBe("too_many_tries");
});

test("a signed token that the server refuses without TLS is told apart from a wrong token", async () => {
  const address = await serverThat((socket) => socket.close(4401));
  const signed = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmVk";
  const trouble = await connect(address, signed, "test").then(
    () => "none" as never,
    (error: PairingError) => error.trouble,
  );
  expect(trouble).toBe("signed_token");
  expect(troubleSentence(trouble, address)).toContain("must begin with https");
});

test("the address that a server prints has the server's origin and a code", () => {
  expect(readPrintedAddress(" http://localhost:9000/#code=ABCD-EFGH\n")).toEqual({
    origin: "http://127.0.0.1:9000",
    code: "ABCD-EFGH",
  });
  for (const other of [
    "ABCD-EFGH",
    "http://127.0.0.1:9000/",
    "http://127.0.0.1:9000/#code=no",
    "file:///x#code=ABCD-EFGH",
  ])
    expect(readPrintedAddress(other)).toBeNull();
});
