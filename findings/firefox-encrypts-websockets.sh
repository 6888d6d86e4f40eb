#!/usr/bin/env bash
# Firefox: an extension of Manifest V3 that opens ws:// speaks TLS, unless it brings a policy of its own.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

firefox=$(command -v "${FIREFOX:-firefox-esr}")
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" ws@8.23.0
mkdir "$folder/profile"

cat >"$folder/drive.mjs" <<'JAVASCRIPT'
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

const [program, folder] = process.argv.slice(2);

/** A server that answers nothing and keeps the first bytes of each connection. */
const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", (bytes) => {
    server.emit("heard", bytes);
    socket.destroy();
  });
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = `ws://127.0.0.1:${server.address().port}/`;

/** The folder of an extension whose background page opens one WebSocket as soon as it is there. */
async function extension(name, policy) {
  const path = join(folder, name);
  const manifest = {
    manifest_version: 3,
    name,
    version: "1",
    host_permissions: ["http://127.0.0.1/*"],
    browser_specific_settings: { gecko: { id: `${name}@finding.invalid` } },
    background: { scripts: ["background.js"] },
    ...(policy ? { content_security_policy: { extension_pages: policy } } : {}),
  };
  await mkdir(path);
  await writeFile(join(path, "manifest.json"), JSON.stringify(manifest));
  await writeFile(join(path, "background.js"), `new WebSocket(${JSON.stringify(address)});`);
  return path;
}

const firefox = spawn(
  program,
  ["--headless", "--no-remote", "--profile", join(folder, "profile"), "--remote-debugging-port=0"],
  { stdio: ["ignore", "ignore", "pipe"] },
);
const ended = once(firefox, "exit");
try {
  const listening = new Promise((resolve) => {
    createInterface({ input: firefox.stderr }).on("line", (line) => {
      const [, found] = /listening on (ws:\S+)/.exec(line) ?? [];
      if (found) resolve(found);
    });
  });
  const socket = new WebSocket(`${await listening}/session`);
  await once(socket, "open");
  let ids = 0;
  async function send(method, params) {
    const id = (ids += 1);
    socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [message] = await once(socket, "message");
      const answer = JSON.parse(message);
      if (answer.id !== id) continue;
      if (answer.type === "error") throw new Error(answer.message);
      return answer.result;
    }
  }

  /** The first bytes that the server hears from an extension with this policy. */
  async function heardFrom(name, policy) {
    const heard = once(server, "heard");
    await send("webExtension.install", { extensionData: { type: "path", path: await extension(name, policy) } });
    return (await heard)[0];
  }

  const { capabilities } = await send("session.new", { capabilities: {} });
  console.log(`version    Firefox ${capabilities.browserVersion}`);
  console.log('guess      new WebSocket("ws://127.0.0.1:…") in an extension sends the request of a WebSocket, as it');
  console.log("           does in Chromium");
  console.log("behaviour  the default policy of Manifest V3 makes wss:// of it, so the server receives the beginning of");
  console.log("           TLS. If the manifest declares extension_pages of its own, ws:// stays as it is");
  const byDefault = await heardFrom("default-policy");
  const declared = await heardFrom("own-policy", "script-src 'self'");
  const shown = (bytes) =>
    bytes[0] === 0x16 ? `${bytes.subarray(0, 3).toString("hex")} (a TLS handshake)` : bytes.toString("latin1").split("\r")[0];
  console.log("output     first bytes that the server received");
  console.log(`           no policy in the manifest:              ${shown(byDefault)}`);
  console.log(`           "extension_pages": "script-src 'self'": ${shown(declared)}`);
  assert.equal(byDefault[0], 0x16, "ws:// is no longer made wss://");
  assert.equal(declared.subarray(0, 6).toString(), "GET / ", "a policy of its own no longer helps");
  await send("browser.close", {});
  await ended;
  socket.close();
} finally {
  firefox.kill();
  server.close();
}
JAVASCRIPT

HOME="$folder" timeout 120 node "$folder/drive.mjs" "$firefox" "$folder"
