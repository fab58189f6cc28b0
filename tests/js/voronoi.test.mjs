/** Voronoi cells whose areas and volumes are known exactly, because nuclei and shell were made by hand. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { box, cut, ellipsoid, measured, OUTSIDE, voronoiCell } from "../../assets/modules/voronoi.mjs";

const near = (value, expected, share = 1e-9) => (
  assert.ok(Math.abs(value - expected) <= share * Math.abs(expected), `${value}; expected ${expected}`));
const areasOf = ({ contacts }) => new Map(contacts.map(({ of, area }) => [of, area]));

function lattice(reach, step = 1) {
  const places = [];
  for (let x = -reach; x <= reach; x += 1) {
    for (let y = -reach; y <= reach; y += 1) {
      for (let z = -reach; z <= reach; z += 1) places.push(x * step, y * step, z * step);
    }
  }
  return places;
}

const wide = box([-50, -50, -50], [50, 50, 50]);

test("a box has its volume and surface", () => {
  const { volume, surface, areas } = measured(box([0, 0, 0], [2, 3, 5]));
  near(volume, 30);
  near(surface, 62);
  near(areas.get(OUTSIDE), 62);
});

test("a cut box has the cut's area, and nothing where the cut takes all", () => {
  const half = cut(box([0, 0, 0], [2, 3, 5]), [1, 0, 0], 0.5, 7);
  const { volume, areas } = measured(half);
  near(volume, 7.5);
  near(areas.get(7), 15);
  assert.equal(cut(half, [1, 0, 0], 0.5, 8), half, "a plane along a face takes nothing");
  assert.equal(cut(half, [0, 0, 1], -1, 8).faces.length, 0);
  const diagonal = measured(cut(box([0, 0, 0], [1, 1, 1]), [Math.SQRT1_2, Math.SQRT1_2, 0], Math.SQRT1_2, 9));
  near(diagonal.volume, 0.5);
  near(diagonal.areas.get(9), Math.SQRT2);
});

test("in a cubic lattice each nucleus touches six others with faces of one square", () => {
  for (const step of [1, 0.3, 7]) {
    const places = lattice(2, step);
    const middle = (places.length / 3 - 1) / 2;
    const cell = voronoiCell(middle, places, wide);
    assert.equal(cell.contacts.length, 6, "those at edges and corners don't touch");
    for (const { area } of cell.contacts) near(area, step ** 2);
    near(cell.volume, step ** 3);
    near(cell.surface, 6 * step ** 2);
    assert.equal(cell.outside, 0);
  }
});

test("in a body-centred lattice cells are truncated octahedra", () => {
  const places = [...lattice(2), ...lattice(2).map((value) => value + 0.5)];
  const cell = voronoiCell((5 ** 3 - 1) / 2, places, wide);
  const edge = Math.SQRT2 / 4;
  assert.equal(cell.contacts.length, 14);
  cell.contacts.slice(0, 8).forEach(({ area }) => near(area, 1.5 * Math.sqrt(3) * edge ** 2));
  cell.contacts.slice(8).forEach(({ area }) => near(area, edge ** 2));
  near(cell.volume, 0.5);
});

test("two nuclei in a box share its cross-section, wherever they lie", () => {
  const shell = box([0, 0, 0], [10, 4, 3]);
  const cell = voronoiCell(0, [1, 2, 1, 5, 2, 1], shell);
  assert.deepEqual(cell.contacts.map(({ of }) => of), [1]);
  near(cell.contacts[0].area, 12);
  near(cell.volume, 36);
  near(cell.outside, 2 * 9 + 2 * 12 + 12);
  near(voronoiCell(1, [1, 2, 1, 5, 2, 1], shell).volume, 84);
});

test("two nuclei in an eggshell share an ellipse; the polyhedron is good to a thousandth", () => {
  const shell = ellipsoid({ centre: [1, 2, 3], semiaxes: [27, 16, 15] });
  near(measured(shell).volume, (4 / 3) * Math.PI * 27 * 16 * 15);
  const middle = voronoiCell(0, [-9, 2, 3, 11, 2, 3], shell);
  near(middle.contacts[0].area, Math.PI * 16 * 15, 1e-3);
  near(middle.volume, (2 / 3) * Math.PI * 27 * 16 * 15, 1e-6);
  const beside = voronoiCell(0, [3, 2, 3, 15, 2, 3], shell); // the plane at x = 9, 8 µm from the middle
  near(beside.contacts[0].area, Math.PI * 16 * 15 * (1 - (8 / 27) ** 2), 2e-3);
});

test("a turned eggshell tells the same of turned nuclei", () => {
  const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
  const rotation = [c, -s, 0, s, c, 0, 0, 0, 1]; // recorded to the shell's own axes
  const own = [[-9, 1, 2], [8, -3, 1], [2, 6, -4], [0, -7, 3]];
  const recorded = own.map(([x, y, z]) => [c * x + s * y, -s * x + c * y, z]);
  const straight = voronoiCell(2, own.flat(), ellipsoid({ centre: [0, 0, 0], semiaxes: [25, 15, 12] }));
  const turned = voronoiCell(2, recorded.flat(), ellipsoid({ centre: [0, 0, 0], semiaxes: [25, 15, 12] }, rotation));
  near(turned.volume, straight.volume);
  for (const [of, area] of areasOf(straight)) near(areasOf(turned).get(of), area);
});

test("an enclosed nucleus is a cube that the shell doesn't reach", () => {
  const cell = voronoiCell(0, [0, 0, 0, 4, 0, 0, -4, 0, 0, 0, 4, 0, 0, -4, 0, 0, 0, 4, 0, 0, -4], ellipsoid({ centre: [0, 0, 0], semiaxes: [30, 20, 20] }));
  assert.equal(cell.contacts.length, 6);
  for (const { area } of cell.contacts) near(area, 16);
  near(cell.volume, 64);
  assert.equal(cell.outside, 0);
});

test("a nucleus alone has the whole shell", () => {
  const shell = ellipsoid({ centre: [0, 0, 0], semiaxes: [3, 2, 1] });
  const cell = voronoiCell(0, [0.5, 0, 0], shell);
  near(cell.volume, 8 * Math.PI);
  assert.deepEqual(cell.contacts, []);
  near(cell.outside, cell.surface);
});

test("nuclei at one place are named, and the face is shared out", () => {
  const shell = box([0, 0, 0], [10, 4, 3]);
  const places = [1, 2, 1, 5, 2, 1, 1, 2, 1, 5, 2, 1];
  const cell = voronoiCell(0, places, shell);
  assert.deepEqual(cell.together, [2]);
  assert.deepEqual(cell.contacts.map(({ of, alike }) => [of, alike]), [[1, [3]], [3, [1]]]);
  near(cell.contacts[0].area, 6);
  near(cell.volume, 36);
});

test("nuclei on a line, in a plane or at the shell itself break nothing, and the cells fill the shell", () => {
  const shell = ellipsoid({ centre: [0, 0, 0], semiaxes: [10, 6, 5] });
  const sets = {
    line: [-6, -3, 0, 3, 6].flatMap((x) => [x, 0, 0]),
    plane: [-6, -3, 0, 3, 6].flatMap((x) => [-2, 0, 2].flatMap((y) => [x, y, 0])),
    rim: [[10, 0, 0], [-10, 0, 0], [0, 6, 0], [0, -6, 0], [0, 0, 5], [0, 0, -5], [0, 0, 0]].flat(),
    whole: lattice(2, 2), // many planes through one point
  };
  for (const [name, places] of Object.entries(sets)) {
    let sum = 0;
    const cells = Array.from({ length: places.length / 3 }, (_, i) => voronoiCell(i, places, shell));
    cells.forEach((cell, i) => {
      sum += cell.volume;
      for (const { of, area } of cell.contacts) {
        assert.ok(area > 0, name);
        const back = areasOf(cells[of]).get(i) ?? 0;
        assert.ok(Math.abs(back - area) < 1e-6, `${name}: ${i} touches ${of} with ${area}, and back with ${back}`);
      }
    });
    near(sum, measured(shell).volume, 1e-9);
  }
});

test("a nucleus outside the shell has what of the shell is nearest to it, or nothing", () => {
  const shell = box([0, 0, 0], [10, 4, 3]);
  const cell = voronoiCell(0, [-2, 2, 1, 4, 2, 1], shell);
  near(cell.volume, 12);
  near(cell.contacts[0].area, 12);
  const none = voronoiCell(0, [-9, 2, 1, 4, 2, 1], shell);
  assert.deepEqual([none.volume, none.surface, none.contacts], [0, 0, []]);
});

test("places at random fill the shell, and a face is as large from both sides", () => {
  let seed = 20081016;
  const random = () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647; };
  const shell = ellipsoid({ centre: [0, 0, 0], semiaxes: [27, 16, 15] });
  const places = [];
  while (places.length < 3 * 360) {
    const [a, b, c] = [0, 0, 0].map(() => 2 * random() - 1);
    if (a * a + b * b + c * c < 0.95) places.push(27 * a, 16 * b, 15 * c);
  }
  const cells = Array.from({ length: 360 }, (_, i) => voronoiCell(i, places, shell));
  near(cells.reduce((sum, cell) => sum + cell.volume, 0), measured(shell).volume, 1e-9);
  cells.forEach((cell, i) => {
    near(cell.surface, cell.outside + cell.contacts.reduce((sum, { area }) => sum + area, 0), 1e-9);
    for (const { of, area } of cell.contacts) {
      if (area > 1e-6) near(areasOf(cells[of]).get(i), area, 1e-6);
    }
  });
});
