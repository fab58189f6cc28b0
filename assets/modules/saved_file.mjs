/** What is saved: its name, and how the reader gets it. */

/** A name for a file, of letters, digits, dots and lines only. */
export function fileName(name, what, extension) {
  const plain = name.normalize("NFKD").replace(/[^\w.-]+/g, "_").replace(/^[._]+|_+$/g, "").slice(0, 80) || "embryo";
  return `${plain}_${what}.${extension}`;
}

/** Give the reader a Blob as a file. */
export function handOver(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** "1 frame", "1,234 frames" */
export const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
