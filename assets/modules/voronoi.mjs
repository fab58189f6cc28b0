/**
 * The Voronoi cell of one nucleus among others: the part of the eggshell that lies nearer to it than to any
 * other nucleus, as a convex polyhedron. Pure geometry; lengths in µm, areas in µm², volumes in µm³.
 *
 * A solid is {points, faces}: `points` holds x, y, z of its corners one after the other, a face is
 * {of, loop}: the corners round it in order, and what lies behind it (an index of a nucleus, or OUTSIDE).
 *
 * The cell begins as the whole shell and is cut by the plane half way to each other nucleus, the nearest
 * first. It is done when the next nucleus is more than twice as far away as the cell's farthest corner:
 * no plane beyond that can reach it.
 */

/** What lies behind a face of the shell itself. */
export const OUTSIDE = -1;
/** Nuclei nearer to each other than this (µm) have one place: no plane lies between them. */
export const ONE_PLACE_UM = 1e-6;
const ON_PLANE_UM = 1e-9; // a corner so near to a cutting plane lies on it: far above the rounding of doubles
const SUBDIVISIONS = 3; // of the icosahedron: 1280 triangles

/** A box from `least` to `most` ([x, y, z] each). */
export function box(least, most) {
  const points = [];
  for (let corner = 0; corner < 8; corner += 1) {
    for (let axis = 0; axis < 3; axis += 1) points.push((corner >> axis) & 1 ? most[axis] : least[axis]);
  }
  const loops = [[0, 2, 6, 4], [1, 3, 7, 5], [0, 1, 5, 4], [2, 3, 7, 6], [0, 1, 3, 2], [4, 5, 7, 6]];
  return { points, faces: loops.map((loop) => ({ of: OUTSIDE, loop })) };
}

/**
 * The ellipsoid of `semiaxes` round `centre` as a polyhedron of 1280 triangles that has the ellipsoid's volume:
 * its corners stand out by 0.3 % of the semi-axes, the middles of its faces lie 0.2 % inside. `rotation` (9
 * numbers, row by row) turns places into the ellipsoid's own axes; without it these are x, y and z.
 */
export function ellipsoid({ centre, semiaxes }, rotation = [1, 0, 0, 0, 1, 0, 0, 0, 1]) {
  const { points, faces } = unitSphere();
  const placed = new Array(points.length);
  for (let at = 0; at < points.length; at += 3) {
    const [a, b, c] = [0, 1, 2].map((axis) => points[at + axis] * semiaxes[axis]);
    for (let axis = 0; axis < 3; axis += 1) {
      placed[at + axis] = centre[axis] + rotation[axis] * a + rotation[3 + axis] * b + rotation[6 + axis] * c;
    }
  }
  return { points: placed, faces };
}

let sphere = null;

function unitSphere() {
  if (sphere) return sphere;
  const golden = (1 + Math.sqrt(5)) / 2;
  const corners = [[-1, golden, 0], [1, golden, 0], [-1, -golden, 0], [1, -golden, 0], [0, -1, golden], [0, 1, golden],
    [0, -1, -golden], [0, 1, -golden], [golden, 0, -1], [golden, 0, 1], [-golden, 0, -1], [-golden, 0, 1]].map(unit);
  let triangles = [[0, 11, 5], [0, 5, 1], [0, 1, 7], [0, 7, 10], [0, 10, 11], [1, 5, 9], [5, 11, 4], [11, 10, 2], [10, 7, 6],
    [7, 1, 8], [3, 9, 4], [3, 4, 2], [3, 2, 6], [3, 6, 8], [3, 8, 9], [4, 9, 5], [2, 4, 11], [6, 2, 10], [8, 6, 7], [9, 8, 1]];
  for (let time = 0; time < SUBDIVISIONS; time += 1) {
    const middles = new Map();
    const middle = (a, b) => {
      const key = a < b ? a * 4096 + b : b * 4096 + a;
      if (!middles.has(key)) middles.set(key, corners.push(unit(corners[a].map((value, i) => value + corners[b][i]))) - 1);
      return middles.get(key);
    };
    triangles = triangles.flatMap(([a, b, c]) => {
      const [ab, bc, ca] = [middle(a, b), middle(b, c), middle(c, a)];
      return [[a, ab, ca], [b, bc, ab], [c, ca, bc], [ab, bc, ca]];
    });
  }
  const solid = { points: corners.flat(), faces: triangles.map((loop) => ({ of: OUTSIDE, loop })) };
  const factor = Math.cbrt((4 * Math.PI) / 3 / measured(solid).volume);
  sphere = { ...solid, points: solid.points.map((value) => value * factor) };
  return sphere;
}

function unit(vector) {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/**
 * `solid` without what lies beyond the plane: kept are the points p with normal · p ≤ level. The new face is
 * `of` what lies behind the plane. The same solid where the plane misses it; one without faces where nothing is kept.
 */
export function cut(solid, [nx, ny, nz], level, of) {
  const { points, faces } = solid;
  const count = points.length / 3;
  const beyond = new Float64Array(count);
  let [over, under] = [false, false];
  for (let corner = 0; corner < count; corner += 1) {
    const side = nx * points[3 * corner] + ny * points[3 * corner + 1] + nz * points[3 * corner + 2] - level;
    beyond[corner] = side;
    if (side > ON_PLANE_UM) over = true;
    else if (side < -ON_PLANE_UM) under = true;
  }
  if (!over) return solid;
  if (!under) return { points: [], faces: [] };
  const kept = [];
  const placeOf = new Int32Array(count).fill(-1);
  const crossings = new Map();
  const rim = new Set();
  const keep = (corner) => {
    if (placeOf[corner] < 0) {
      placeOf[corner] = kept.length / 3;
      kept.push(points[3 * corner], points[3 * corner + 1], points[3 * corner + 2]);
      if (beyond[corner] >= -ON_PLANE_UM) rim.add(placeOf[corner]);
    }
    return placeOf[corner];
  };
  const crossing = (inside, outside) => {
    const key = inside * count + outside;
    let place = crossings.get(key);
    if (place === undefined) {
      place = kept.length / 3;
      const share = beyond[inside] / (beyond[inside] - beyond[outside]);
      for (let axis = 0; axis < 3; axis += 1) {
        const from = points[3 * inside + axis];
        kept.push(from + share * (points[3 * outside + axis] - from));
      }
      crossings.set(key, place);
      rim.add(place);
    }
    return place;
  };
  const left = [];
  for (const face of faces) {
    const { loop } = face;
    const round = [];
    for (let at = 0; at < loop.length; at += 1) {
      const here = loop[at];
      const next = loop[at + 1 === loop.length ? 0 : at + 1];
      const [isIn, nextIn] = [beyond[here] <= ON_PLANE_UM, beyond[next] <= ON_PLANE_UM];
      if (isIn) round.push(keep(here));
      if (isIn && !nextIn && beyond[here] < -ON_PLANE_UM) round.push(crossing(here, next));
      else if (!isIn && nextIn && beyond[next] < -ON_PLANE_UM) round.push(crossing(next, here));
    }
    if (round.length > 2) left.push({ of: face.of, loop: round });
  }
  if (rim.size > 2) left.push({ of, loop: inOrder([...rim], kept, [nx, ny, nz]) });
  return { points: kept, faces: left };
}

/** Corners of a plane convex face in order round it: by their angle about their middle. */
function inOrder(corners, points, normal) {
  const middle = [0, 1, 2].map((axis) => corners.reduce((sum, corner) => sum + points[3 * corner + axis], 0) / corners.length);
  const least = normal.reduce((best, value, axis) => (Math.abs(value) < Math.abs(normal[best]) ? axis : best), 0);
  const right = unit(cross(normal, [0, 1, 2].map((axis) => Number(axis === least))));
  const up = cross(normal, right);
  const angles = new Map(corners.map((corner) => {
    const from = [0, 1, 2].map((axis) => points[3 * corner + axis] - middle[axis]);
    return [corner, Math.atan2(dot(from, up), dot(from, right))];
  }));
  return corners.sort((a, b) => angles.get(a) - angles.get(b));
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** {volume, surface, areas}: `areas` maps what lies behind the faces of a convex solid to their area together. */
export function measured({ points, faces }) {
  const areas = new Map();
  let [volume, surface] = [0, 0];
  if (faces.length === 0) return { volume, surface, areas };
  const inner = [0, 0, 0]; // a point within: the middle of the corners
  for (let at = 0; at < points.length; at += 1) inner[at % 3] += (3 * points[at]) / points.length;
  for (const { of, loop } of faces) {
    const first = 3 * loop[0];
    let [sx, sy, sz] = [0, 0, 0]; // twice the face's area, along its normal
    for (let at = 1; at + 1 < loop.length; at += 1) {
      const [b, c] = [3 * loop[at], 3 * loop[at + 1]];
      const [bx, by, bz] = [points[b] - points[first], points[b + 1] - points[first + 1], points[b + 2] - points[first + 2]];
      const [cx, cy, cz] = [points[c] - points[first], points[c + 1] - points[first + 1], points[c + 2] - points[first + 2]];
      sx += by * cz - bz * cy;
      sy += bz * cx - bx * cz;
      sz += bx * cy - by * cx;
    }
    const area = Math.sqrt(sx * sx + sy * sy + sz * sz) / 2;
    const height = sx * (points[first] - inner[0]) + sy * (points[first + 1] - inner[1]) + sz * (points[first + 2] - inner[2]);
    volume += Math.abs(height) / 6;
    surface += area;
    areas.set(of, (areas.get(of) ?? 0) + area);
  }
  return { volume, surface, areas };
}

/**
 * The Voronoi cell of nucleus `of` within the convex solid `shell`. `places` holds x, y, z of `count` nuclei.
 *
 * Returns {volume, surface, outside (area on the shell), together, contacts}. `contacts` lists {of, area, alike}
 * by falling area. Nuclei at one place can't be told apart: `together` lists those at the place of the nucleus
 * itself (they share its cell), `alike` those at the place of a neighbour (the face between is shared out evenly
 * among them). A nucleus outside the shell may have a cell of volume 0 without contacts.
 */
export function voronoiCell(of, places, shell, count = places.length / 3) {
  const here = [places[3 * of], places[3 * of + 1], places[3 * of + 2]];
  const squares = new Float64Array(count);
  const others = [];
  const together = [];
  for (let other = 0; other < count; other += 1) {
    const [dx, dy, dz] = [places[3 * other] - here[0], places[3 * other + 1] - here[1], places[3 * other + 2] - here[2]];
    squares[other] = dx * dx + dy * dy + dz * dz;
    if (other === of) continue;
    (squares[other] < ONE_PLACE_UM ** 2 ? together : others).push(other);
  }
  others.sort((a, b) => squares[a] - squares[b]);
  let solid = shell;
  let reach = farthest(solid, here);
  for (const other of others) {
    if (squares[other] > 4 * reach) break;
    const far = Math.sqrt(squares[other]);
    const normal = [0, 1, 2].map((axis) => (places[3 * other + axis] - here[axis]) / far);
    const left = cut(solid, normal, dot(normal, here) + far / 2, other);
    if (left === solid) continue;
    solid = left;
    reach = farthest(solid, here);
  }
  const { volume, surface, areas } = measured(solid);
  const contacts = [...areas].filter(([other]) => other !== OUTSIDE)
    .flatMap(([other, area]) => sharedOut(other, area, others, places))
    .sort((a, b) => b.area - a.area);
  return { volume, surface, outside: areas.get(OUTSIDE) ?? 0, together, contacts };
}

function farthest({ points }, [x, y, z]) {
  let most = 0;
  for (let at = 0; at < points.length; at += 3) {
    const square = (points[at] - x) ** 2 + (points[at + 1] - y) ** 2 + (points[at + 2] - z) ** 2;
    if (square > most) most = square;
  }
  return most;
}

function sharedOut(of, area, others, places) {
  const there = others.filter((other) => (
    Math.hypot(places[3 * other] - places[3 * of], places[3 * other + 1] - places[3 * of + 1], places[3 * other + 2] - places[3 * of + 2])
      < ONE_PLACE_UM));
  return there.map((other) => ({ of: other, area: area / there.length, alike: there.filter((each) => each !== other) }));
}
