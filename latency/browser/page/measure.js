const IDLE = 1; // slots at the start of the past that no token sees, as in Foretype's arenas
const HIDDEN = -1e9;

/** The past key values of a text: tensors by their names as the graph's inputs, and how many slots they have. */
class Past {
  constructor(tensors, slots) {
    this.tensors = tensors;
    this.slots = slots;
  }

  static idle(ort, { layers, kv_heads, head_dim }) {
    const tensors = {};
    for (let layer = 0; layer < layers; layer += 1)
      for (const part of ["key", "value"])
        tensors[`past_key_values.${layer}.${part}`] = new ort.Tensor(
          "float32",
          new Float32Array(kv_heads * IDLE * head_dim),
          [1, kv_heads, IDLE, head_dim],
        );
    return new Past(tensors, IDLE);
  }
}

/**
 * The figures of a job, and as `logits` one buffer with float32 rows: those of the first run, then those of the nodes.
 * Rejects with what the runtime says if it cannot load or run the graph.
 */
export async function measure(job) {
  const ort = await import(`./runtime/ort.${job.provider}.min.mjs`);
  ort.env.wasm.numThreads = job.threads;
  ort.env.wasm.wasmPaths = new URL("runtime/", location.href).href;
  ort.env.logLevel = "error";

  const began = performance.now();
  const [graph, data] = await Promise.all(
    [job.graph, job.weights].map(async (file) => new Uint8Array(await (await fetch(file)).arrayBuffer())),
  );
  const fetched = performance.now();
  const session = await ort.InferenceSession.create(graph, {
    executionProviders: [job.provider],
    externalData: [{ path: job.weights.split("/").at(-1), data }],
  });
  const created = performance.now();

  /** Reads tokens after a past. Resolves with the logits of `rows`, and the past with the tokens. */
  async function read(past, ids, rows) {
    const whole = (values, shape) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), shape);
    const slots = past.slots + ids.length;
    const bias = new Float32Array(ids.length * slots);
    for (let row = 0; row < ids.length; row += 1) bias.fill(HIDDEN, row * slots, row * slots + IDLE);
    const positions = ids.map((_, index) => past.slots - IDLE + index);
    const { logits, ...present } = await session.run({
      input_ids: whole(ids, [1, ids.length]),
      position_ids: whole(positions, [1, ids.length]),
      spread: whole([0], [1]),
      gathered: whole([0], [1]),
      seqlens_k: new ort.Tensor("int32", [slots - 1], [1]),
      total_sequence_length: new ort.Tensor("int32", [slots], []),
      attention_bias: new ort.Tensor("float32", bias, [1, 1, ids.length, slots]),
      rows: whole(rows, [rows.length]),
      ...past.tensors,
    });
    const tensors = Object.fromEntries(
      Object.entries(present).map(([name, value]) => [name.replace("present", "past_key_values"), value]),
    );
    return { logits: logits.data, past: new Past(tensors, slots) };
  }

  const every = (ids) => ids.map((_, index) => index);
  /** Milliseconds of the fastest of so many calls, and of processor time for each on average. */
  async function times(count, call) {
    let wall = Number.POSITIVE_INFINITY;
    const before = await processorTime(job);
    for (let turn = 0; turn < count; turn += 1) {
      const began = performance.now();
      await call();
      wall = Math.min(wall, performance.now() - began);
    }
    return { wall, processor: ((await processorTime(job)) - before) / count };
  }

  const { first, long, nodes } = job;
  const idle = Past.idle(ort, job);
  const beginning = await read(idle, first, every(first));
  let { past } = beginning;
  for (const part of long) ({ past } = await read(past, part, [part.length - 1]));
  const tree = await read(past, nodes, every(nodes));
  const logits = new Blob([beginning.logits, tree.logits]);
  const step = () => read(past, nodes.slice(0, 1), [0]);
  await times(job.warm, step);
  return {
    logits,
    fetch_ms: fetched - began,
    create_ms: created - fetched,
    step: await times(job.steps, step),
    nodes: await times(job.rounds, () => read(past, nodes, every(nodes))),
    first: await times(job.rounds, () => read(idle, first, [first.length - 1])),
    version: ort.env.versions.web,
    adapter: job.provider === "webgpu" ? await adapter() : null,
  };
}

/** Milliseconds of processor time of the browser until now, which a page cannot know itself. */
const processorTime = async ({ home }) => (await fetch(`${home}/processor`)).json();

/** The graphics adapter that WebGPU computes on, in words. */
async function adapter() {
  const { vendor, architecture, description } = (await navigator.gpu.requestAdapter()).info;
  return [vendor, architecture, description].filter(Boolean).join(" ");
}
