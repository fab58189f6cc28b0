/** Embryos as a file: at once for what is quick, with a line of progress for what takes longer. */
import { counted } from "./embryo_view.mjs";
import { make, progressLine } from "./progress.mjs";

const b = globalThis.blastoscope;

/** Ask for `ids` as `form` ("original", "csv", "parquet") and hand the file to the browser when it is made. */
export async function download(ids, form) {
  const stopped = new AbortController();
  const panel = document.getElementById("import-panel");
  const words = `Making a file of ${counted(ids.length, "embryo")}`;
  let line = null;
  const late = setTimeout(() => { line = progressLine(panel, words, () => stopped.abort()); }, 700);
  const fail = (text) => {
    line ??= progressLine(panel, words, () => {});
    line.end(make("strong", {}, "The download didn't work."), make("p", {}, text));
  };
  try {
    const asked = await call("/downloads", { method: "POST", body: JSON.stringify({ embryos: ids, form }) });
    for (;;) {
      const told = await call(`/downloads/${asked.id}`);
      if (told.state === "done") break;
      if (told.state !== "running") throw new Error(told.message || "It broke off.");
      line?.tell(`${words}: ${told.done} of ${told.total}`, told.done, told.total);
      await new Promise((resolve) => setTimeout(resolve, 250));
      if (stopped.signal.aborted) {
        await call(`/downloads/${asked.id}/cancel`, { method: "POST" });
        return line?.close();
      }
    }
    make("a", { href: b.address(`/downloads/${asked.id}/file`), download: "" }).click();
    line?.close();
  } catch (error) {
    fail(error.message);
  } finally {
    clearTimeout(late);
  }
  return undefined;
}

async function call(path, options = {}) {
  const headers = options.body ? { "Content-Type": "application/json" } : {};
  const response = await fetch(b.address(path), { headers, ...options }).catch(() => {
    throw new Error("The server can't be reached.");
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error?.message ?? `The server answered with status ${response.status}.`);
  return answer;
}
