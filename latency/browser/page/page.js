// Runs one job: loads the model, measures it, and sends the figures and some logits to the command that waits for them.
// The job is `job.json` beside this file; `latency/browser/job.py` describes it.
import { measure } from "./measure.js";

const memories = [];
const Memory = WebAssembly.Memory;
WebAssembly.Memory = class extends Memory {
  constructor(descriptor) {
    super(descriptor);
    memories.push(this);
  }
};

const job = await (await fetch("job.json")).json();
const send = (name, body) => fetch(`${job.home}/${name}`, { method: "POST", body });
try {
  const { logits, ...figures } = await measure(job);
  await send("logits", logits);
  const heap_bytes = Math.max(0, ...memories.map(({ buffer }) => buffer.byteLength));
  await send("figures", JSON.stringify({ ...figures, heap_bytes, isolated: crossOriginIsolated }));
} catch (error) {
  await send("error", `${error}`);
}
