/**
 * Names of cells, as services/lineage.py tells them: what must be answered in the browser as somebody types.
 * tests/test_js.py holds the two to the same answers.
 */

const EARLY_MOTHER = new Map([
  ["AB", "P0"], ["P1", "P0"], ["EMS", "P1"], ["P2", "P1"], ["MS", "EMS"], ["E", "EMS"],
  ["C", "P2"], ["P3", "P2"], ["D", "P3"], ["P4", "P3"], ["Z2", "P4"], ["Z3", "P4"],
]);
const BLASTOMERES = ["AB", "MS", "E", "C", "D"];
const SULSTON = /^(?:P[0-4]|EMS|Z[23]|(?:AB|MS|E|C|D)(?:[ap][aplrdv]*)?)$/;

export const isSulston = (name) => SULSTON.test(name);

/** The cell that divided into `name`; null for P0 and for a name that isn't Sulston's. */
export function mother(name) {
  if (EARLY_MOTHER.has(name)) return EARLY_MOTHER.get(name);
  return name !== "P0" && isSulston(name) ? name.slice(0, -1) : null;
}

/** AB, MS, E, C, D or P4; a cell before the founders is its own; "" for an unnamed nucleus. */
export function founder(name) {
  if (!isSulston(name)) return "";
  if (name === "Z2" || name === "Z3") return "P4";
  if (EARLY_MOTHER.has(name)) return name;
  return BLASTOMERES.find((blastomere) => name.startsWith(blastomere)) ?? name;
}

/** The key of a cell's colour: ABa, ABp, AB, MS, E, EMS, C, D, P (P0 to P4, Z2, Z3) or unnamed. */
export function colourGroup(name) {
  const line = founder(name);
  if (line === "AB") return name.slice(0, 3);
  if (line.startsWith("P")) return "P";
  return line || "unnamed";
}

/** Whether `name` is `root` or descends from it. */
export function descends(name, root) {
  for (let cell = name; cell !== null; cell = mother(cell)) if (cell === root) return true;
  return false;
}

const folded = (text) => text.toLowerCase();

/** Whether `name` is meant by `pattern`, in which `x` is either daughter: MSxp is MSap and MSpp. */
export function matches(pattern, name) {
  if (folded(pattern) === folded(name)) return true;
  const above = mother(name);
  if (above === null || pattern.length < 2) return false;
  const last = folded(pattern.at(-1));
  const rest = pattern.slice(0, -1);
  if (last === "x") return matches(rest, above);
  return above === name.slice(0, -1) && last === name.at(-1) && matches(rest, above);
}
