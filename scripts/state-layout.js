// Lays a graph out in layers from top to bottom. Between two layers of states is a layer of labels: each
// label is a node like any other, so that nothing overlaps.

const GAP = { layer: 26, node: 26, line: 14 };
const ORDER_SWEEPS = 40;
const PLACE_SWEEPS = 600;

/**
 * Gives nodes their x and y (centres), edges their points and the centre of their label. Nodes have a name,
 * extents left and right of their centre, and a height; the first is the start.
 */
export function layOut(nodes, edges) {
  const ranks = rank(nodes, edges);
  const { layers, chains } = layer(nodes, edges, ranks);
  order(layers);
  place(layers);
  const height = stack(layers);
  const all = layers.flat();
  const leftmost = Math.min(...all.map((node) => node.x - node.left));
  for (const node of all) node.x -= leftmost;
  const drawn = [...chains.map((chain) => draw(chain)), ...edges.filter(isLoop).map(drawLoop(all))];
  return {
    nodes: all.filter(({ name }) => name !== undefined),
    edges: drawn,
    width: Math.max(...all.map((node) => node.x + node.right)),
    height,
  };
}

const isLoop = ({ from, to }) => from === to;

/** The longest way from the start, not counting the arrows that lead back to where one came from. */
function rank(nodes, edges) {
  const back = new Set();
  const visited = new Map();
  const visit = (name) => {
    visited.set(name, "open");
    for (const edge of edges.filter(({ from }) => from === name)) {
      if (visited.get(edge.to) === "open") back.add(edge);
      else if (!visited.has(edge.to)) visit(edge.to);
    }
    visited.set(name, "done");
  };
  for (const { name } of nodes) if (!visited.has(name)) visit(name);
  const ranks = new Map(nodes.map(({ name }) => [name, 0]));
  for (let round = 0; round < nodes.length; round += 1) {
    for (const edge of edges) {
      if (isLoop(edge)) continue;
      const [above, below] = back.has(edge) ? [edge.to, edge.from] : [edge.from, edge.to];
      ranks.set(below, Math.max(ranks.get(below), ranks.get(above) + 1));
    }
  }
  return ranks;
}

/** States stand in the even layers; an arrow passes the layers between as a chain of places. */
function layer(nodes, edges, ranks) {
  const layers = Array.from({ length: 2 * Math.max(...ranks.values()) + 1 }, () => []);
  const named = new Map();
  for (const node of nodes) {
    const made = { ...node, up: [], down: [] };
    named.set(node.name, made);
    layers[2 * ranks.get(node.name)].push(made);
  }
  const load = layers.map(() => 0);
  const chains = edges
    .filter((edge) => !isLoop(edge))
    .map((edge) => {
      const reversed = ranks.get(edge.from) > ranks.get(edge.to);
      const [above, below] = reversed ? [edge.to, edge.from] : [edge.from, edge.to];
      const [top, bottom] = [2 * ranks.get(above), 2 * ranks.get(below)];
      const between = Array.from({ length: bottom - top - 1 }, (_, index) => top + 1 + index);
      // The label stands where there is most room.
      const labelled = between
        .filter((index) => index % 2 === 1)
        .reduce((best, index) => (load[index] < load[best] ? index : best));
      load[labelled] += edge.labelWidth;
      const places = between.map((index) => {
        const isLabel = index === labelled;
        const half = isLabel ? edge.labelWidth / 2 : 1;
        const height = isLabel ? edge.labelHeight : 0;
        const made = { left: half, right: half, height, isLabel, isPlace: true, up: [], down: [] };
        layers[index].push(made);
        return made;
      });
      const chain = [named.get(above), ...places, named.get(below)];
      for (let index = 1; index < chain.length; index += 1) {
        chain[index - 1].down.push(chain[index]);
        chain[index].up.push(chain[index - 1]);
      }
      return { edge, reversed, chain };
    });
  return { layers, chains };
}

const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Sorts each layer by its neighbours, down and up again, and keeps the order with the fewest crossings. */
function order(layers) {
  const number = () => {
    for (const nodes of layers) {
      for (const [index, node] of nodes.entries()) node.index = index;
    }
  };
  number();
  let best = { crossings: crossings(layers), layers: layers.map((nodes) => [...nodes]) };
  for (let sweep = 0; sweep < ORDER_SWEEPS; sweep += 1) {
    const side = sweep % 2 === 0 ? "up" : "down";
    for (const nodes of side === "up" ? layers : [...layers].reverse()) {
      for (const node of nodes) {
        const beside = node[side].map(({ index }) => index);
        node.wish = beside.length > 0 ? mean(beside) : node.index;
      }
      nodes.sort((a, b) => a.wish - b.wish || a.index - b.index);
      for (const [index, node] of nodes.entries()) node.index = index;
    }
    improve(layers);
    const now = crossings(layers);
    if (now < best.crossings) best = { crossings: now, layers: layers.map((each) => [...each]) };
  }
  for (const [index, nodes] of best.layers.entries())
    layers[index].splice(0, nodes.length, ...nodes);
  number();
}

/** Exchanges neighbours as long as that takes crossings away. */
function improve(layers) {
  for (const nodes of layers) {
    for (let index = 1; index < nodes.length; index += 1) {
      const [a, b] = [nodes[index - 1], nodes[index]];
      const swapped = pairCrossings(b, a);
      if (swapped >= pairCrossings(a, b)) continue;
      nodes[index - 1] = b;
      nodes[index] = a;
      [a.index, b.index] = [index, index - 1];
    }
  }
}

/** How many lines of `a` and `b` cross when a stands before b. */
function pairCrossings(a, b) {
  let count = 0;
  for (const side of ["up", "down"]) {
    for (const one of a[side]) {
      for (const other of b[side]) if (one.index > other.index) count += 1;
    }
  }
  return count;
}

function crossings(layers) {
  let count = 0;
  for (const nodes of layers) {
    for (const [index, a] of nodes.entries()) {
      for (const b of nodes.slice(index + 1)) {
        for (const one of a.down) {
          for (const other of b.down) if (one.index > other.index) count += 1;
        }
      }
    }
  }
  return count;
}

/** Moves each node towards its neighbours, as far as those beside it leave room. */
function place(layers) {
  for (const nodes of layers) {
    let x = 0;
    for (const node of nodes) {
      x += node.left;
      node.x = x;
      x += node.right + GAP.node;
    }
  }
  const sides = [["up"], ["down"], ["up", "down"]];
  for (let sweep = 0; sweep < PLACE_SWEEPS; sweep += 1) {
    const used = sides[sweep > PLACE_SWEEPS / 2 ? 2 : sweep % 3];
    const ordered = used[0] === "down" ? [...layers].reverse() : layers;
    for (const nodes of ordered) settle(nodes, used);
  }
}

/** Least squares under the distances that must be kept: pools of nodes that touch move as one. */
function settle(nodes, sides) {
  let offset = 0;
  const pools = [];
  for (const [index, node] of nodes.entries()) {
    const before = nodes[index - 1];
    if (before) offset += before.right + node.left + gapBetween(before, node);
    node.offset = offset;
    const beside = sides.flatMap((side) => node[side]);
    // Long arrows are to be straight: they hold on to each other harder than states do.
    const weighted = beside.map((other) => [other.x, node.isPlace && other.isPlace ? 24 : 1]);
    const weight = weighted.reduce((sum, [, each]) => sum + each, 0);
    const wish =
      weight > 0 ? weighted.reduce((sum, [x, each]) => sum + x * each, 0) / weight : node.x;
    let pool = { weight: weight || 0.1, wish: wish - offset, nodes: [node] };
    while (pools.length > 0 && pools.at(-1).wish > pool.wish) {
      const other = pools.pop();
      const sum = other.weight + pool.weight;
      const at = (other.wish * other.weight + pool.wish * pool.weight) / sum;
      pool = { weight: sum, wish: at, nodes: [...other.nodes, ...pool.nodes] };
    }
    pools.push(pool);
  }
  for (const pool of pools) for (const node of pool.nodes) node.x = pool.wish + node.offset;
}

function gapBetween(a, b) {
  return a.isPlace && b.isPlace && !(a.isLabel && b.isLabel) ? GAP.line : GAP.node;
}

/** Gives every layer its height; gives the height of all. */
function stack(layers) {
  let y = 0;
  for (const nodes of layers) {
    const height = Math.max(...nodes.map((node) => node.height));
    for (const node of nodes) {
      node.y = y + height / 2;
      [node.layerTop, node.layerBottom] = [y, y + height];
    }
    y += height + GAP.layer;
  }
  return y - GAP.layer;
}

/** Where on its side a line leaves or enters a state: in the order of where the lines lead. */
function port(state, side, beside) {
  const lines = [...state[side]].sort((a, b) => a.x - b.x);
  const step = state.width / (lines.length + 1);
  return state.x - state.width / 2 + step * (lines.indexOf(beside) + 1);
}

function draw({ edge, reversed, chain }) {
  const [first, last] = [chain[0], chain.at(-1)];
  const points = [[port(first, "down", chain[1]), first.y + first.height / 2]];
  for (const { x, layerTop, layerBottom } of chain.slice(1, -1)) {
    points.push([x, layerTop], [x, layerBottom]);
  }
  points.push([port(last, "up", chain.at(-2)), last.y - last.height / 2]);
  const label = chain.find(({ isLabel }) => isLabel);
  return { ...edge, points: reversed ? points.reverse() : points, label };
}

/** An arrow from a state to itself stands at its right side, its label further right. */
function drawLoop(nodes) {
  return (edge) => {
    const { x, y, width, height, right } = nodes.find(({ name }) => name === edge.from);
    const [side, out] = [x + width / 2, x + right - edge.labelWidth];
    const [top, bottom] = [y - height / 4, y + height / 4];
    const points = [
      [side, top],
      [out - 8, top],
      [out - 8, bottom],
      [side, bottom],
    ];
    return { ...edge, points, label: { x: out + edge.labelWidth / 2 - 2, y } };
  };
}
