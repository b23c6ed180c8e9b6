"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const VERDICTS = ["named", "ambiguous", "new_species", "new_genus", "unplaced"];
  const NAMES = {
    named: ["Named", "as deep as the names of the library go"],
    ambiguous: ["Ambiguous", "probably of a taxon that the library has; the barcode does not say surely which"],
    new_species: ["New species", "of a genus of the library, of a species that it lacks"],
    new_genus: ["New genus", "of a family of the library, of a genus that it lacks"],
    unplaced: ["Unplaced", "not even the family is sure"],
    rejected: ["Rejected", "too short, too ambiguous, or no COI barcode"],
  };
  const HUES = [206, 96, 18, 150, 300, 58, 236]; // of groups of taxa: muted, and none of a verdict's
  const $ = (id) => document.getElementById(id);
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const number = (n) => n.toLocaleString("en");
  const percent = (n, of) => (of ? ((100 * n) / of).toFixed(n && n < of / 100 ? 2 : 1) : "0.0") + " %";
  const upper = (text) => text[0].toUpperCase() + text.slice(1);
  const color = (verdict) => `--c: var(--${verdict})`;

  /** An element with attributes and children; text children are text, never markup. */
  function make(tag, attributes = {}, ...children) {
    const isSvg = make.svg.has(tag);
    const element = isSvg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "style") element.style.cssText = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }
  make.svg = new Set(["svg", "g", "path", "circle", "rect", "line", "text", "title"]);
  const dot = (style) => make("span", { class: "dot", style, "aria-hidden": "true" });
  const isItalic = (rank) => rank === "genus" || rank === "species";
  const taxon = (name, rank) => (isItalic(rank) ? make("i", {}, name) : name);

  // Tooltip
  const tip = $("tip");
  function showTip(event, ...lines) {
    tip.replaceChildren(...lines);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = Math.min(event.clientX + 14, innerWidth - box.width - 8);
    const below = event.clientY + 16 + box.height < innerHeight;
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = (below ? event.clientY + 16 : event.clientY - box.height - 10) + "px";
  }
  const hideTip = () => { tip.hidden = true; };
  addEventListener("scroll", hideTip, { passive: true });

  // Head
  const { summary } = data;
  const counts = { ...summary.verdict, rejected: summary.reads - summary.status.ok };
  function drawHead() {
    const all = summary.reads;
    const parts = [];
    if (counts.named) parts.push(`${number(counts.named)} (${percent(counts.named, all)}) have a name as deep as the library goes`);
    if (counts.new_species) parts.push(`${number(counts.new_species)} look like a species that it lacks, of a known genus`);
    if (counts.new_genus) parts.push(`${number(counts.new_genus)} like a new genus of a known family`);
    if (counts.ambiguous) parts.push(`${number(counts.ambiguous)} ${counts.ambiguous === 1 ? "is" : "are"} probably of a taxon that it has, but the barcode is not enough to say surely which`);
    if (counts.unplaced) parts.push(`${number(counts.unplaced)} ${counts.unplaced === 1 ? "has" : "have"} no family that is sure`);
    if (counts.rejected) parts.push(`${number(counts.rejected)} ${counts.rejected === 1 ? "was rejected as a read" : "were rejected as reads"}`);
    const last = parts.pop();
    const list = parts.length ? `${parts.join(", ")}, and ${last}` : last || "there is nothing to tell";
    const distinct = summary.distinct_sequences < all ? ` (${number(summary.distinct_sequences)} distinct sequences)` : "";
    $("lede").append(`Of ${number(all)} ${all === 1 ? "read" : "reads"}${distinct}, ${list}.`);
    const skipped = Object.entries(summary.skipped), left = sum(skipped.map(([, n]) => n));
    if (left) $("lede").append(` Beside these, ${number(left)} ${left === 1 ? "record was" : "records were"} skipped (${skipped.map(([why, n]) => `${number(n)} ${why.replaceAll("_", " ")}`).join(", ")}).`);
    const own = sum(ownNames.map(([, n]) => n)), differing = sum(ownNames.filter(([name]) => name.startsWith("other_")).map(([, n]) => n));
    if (own) $("lede").append(` ${number(own)} ${own === 1 ? "has" : "have"} a name already; ${number(differing)} of these ${differing === 1 ? "differs" : "differ"} from the call.`);
    if (data.subtraction) $("lede").append(" These are the numbers before the subtraction of negative controls.");
    const kinds = [...VERDICTS, "rejected"];
    $("bar").setAttribute("aria-label", kinds.map((kind) => `${NAMES[kind][0]}: ${number(counts[kind])}`).join(", "));
    $("bar").append(...kinds.filter((kind) => counts[kind]).map((kind) =>
      make("span", {
        style: `flex: ${counts[kind]}; background: var(--${kind})`,
        onpointermove: (event) => showTip(event, NAMES[kind][0], make("small", {}, `${number(counts[kind])} of ${number(all)}`)),
        onpointerleave: hideTip,
      })));
    const reasons = Object.entries(summary.status).filter(([status, n]) => status !== "ok" && n);
    $("verdicts").append(...kinds.filter((kind) => kind !== "rejected" || counts.rejected).map((kind) => {
      const why = kind === "rejected"
        ? reasons.map(([status, n]) => `${number(n)} ${status.replaceAll("_", " ").replace("coi", "COI").replace("dna", "DNA")}`).join(", ")
        : NAMES[kind][1];
      const show = () => { $("only").value = kind; update(true); $("calls").scrollIntoView(); };
      return make("li", {}, make("button", { onclick: show, title: "Show these calls" },
        make("b", {}, number(counts[kind]), make("small", {}, percent(counts[kind], all))),
        dot(color(kind)), make("strong", {}, NAMES[kind][0]), make("em", {}, why)));
    }));
  }

  // Taxa
  function prepare(node, parent) {
    node.parent = parent;
    node.all = [...node.own];
    for (const child of node.below) {
      prepare(child, node);
      child.all.forEach((n, i) => { node.all[i] += n; });
    }
    node.total = sum(node.all);
  }
  const rankOf = (node) => (node.rank === null ? "" : data.ranks[node.rank]);
  const hueStyle = (group) => (group < 0 || group >= HUES.length ? "--h: 210; --s: 6%" : `--h: ${HUES[group]}`);
  const shortName = (node) => {
    const words = node.name.split(" ");
    return rankOf(node) === "species" && words.length > 1 ? `${words[0][0]}. ${words.slice(1).join(" ")}` : node.name;
  };
  const labelOf = (node) => node.name || "All placed reads";

  function drawTaxa() {
    const root = data.taxa;
    prepare(root, null);
    if (!root.total) { $("taxa").hidden = true; return; }
    let start = root;
    while (start.below.length === 1 && start.below[0].total > 0.97 * start.total) start = start.below[0];
    if (!start.below.length && start.parent) start = start.parent;
    if (root.taxa > root.drawn) {
      $("taxa-note").append(`Drawn are the ${number(root.drawn)} largest of ${number(root.taxa)} taxa; queries of the others count for the taxon above.`);
    }
    focusOn(start);
  }

  /** Width of the box around a figure in pixels. */
  function widthOf(id) { return $(id).parentElement.clientWidth; }

  function focusOn(focus) {
    // On a narrow screen the figure is drawn smaller instead of being shrunk, so that its labels can be read.
    const size = Math.max(400, Math.min(640, 1.2 * widthOf("sunburst"))), middle = size / 2, hub = 0.116 * size;
    const depth = Math.min(4, height(focus));
    const ring = (middle - hub - 2) / Math.max(1, depth);
    const svg = $("sunburst");
    svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
    const arcs = make("g", { transform: `translate(${middle} ${middle})` });
    const place = (node, from, to, level, group) => {
      let at = from;
      const step = (to - from) / node.total;
      node.below.forEach((child, i) => {
        const end = at + child.total * step;
        const own = level === 0 ? i : group;
        arc(child, at, end, level, own);
        if (level + 1 < depth) place(child, at, end, level + 1, own);
        at = end;
      });
      VERDICTS.forEach((verdict, i) => {
        if (i === 0 || !node.own[i]) return;
        const end = at + node.own[i] * step;
        arcs.append(make("path", {
          class: "arc verdict", style: color(verdict), d: arcPath(at, end, hub + level * ring, hub + (level + 0.28) * ring),
          onpointermove: (event) => showTip(event, NAMES[verdict][0], make("small", {}, `${number(node.own[i])} in `, taxon(labelOf(node), rankOf(node)))),
          onpointerleave: hideTip,
        }));
        at = end;
      });
    };
    const arc = (node, from, to, level, group) => {
      if (to - from < 0.0016) return;
      const inner = hub + level * ring, outer = inner + ring;
      arcs.append(make("path", {
        class: "arc", style: `${hueStyle(group)}; --d: ${level}`, d: arcPath(from, to, inner, outer),
        onclick: () => { hideTip(); focusOn(node.below.length ? node : node.parent === focus ? focus : node.parent); },
        onpointermove: (event) => showTip(event, taxon(node.name, rankOf(node)), make("small", {}, `${rankOf(node)}, ${number(node.total)} ${node.total === 1 ? "query" : "queries"} (${percent(node.total, data.taxa.total)})`)),
        onpointerleave: hideTip,
      }));
      const angle = (from + to) / 2, radius = (inner + outer) / 2, text = shortName(node), length = text.length * 5.8;
      const along = (to - from) * radius > length + 10 && length < 1.3 * radius;
      if (!along && ((to - from) * radius < 13 || length > ring - 6)) return;
      const turned = (angle * 180) / Math.PI - 90;
      const flipped = along ? (angle > Math.PI / 2 && angle < 1.5 * Math.PI ? -90 : 90) : angle > Math.PI ? 180 : 0;
      arcs.append(make("text", {
        class: `on${level >= 2 ? " pale" : ""}`, "text-anchor": "middle", dy: "0.35em",
        transform: `rotate(${turned.toFixed(2)}) translate(${radius.toFixed(1)} 0) rotate(${flipped})`,
        style: isItalic(rankOf(node)) ? "font-style: italic" : "",
      }, text));
    };
    place(focus, 0, 2 * Math.PI, 0, -1);
    const up = () => { if (focus.parent) focusOn(focus.parent); };
    const name = labelOf(focus);
    svg.replaceChildren(
      arcs,
      make("circle", { class: "hub", cx: middle, cy: middle, r: hub - 2, onclick: up }, make("title", {}, focus.parent ? `Back to ${labelOf(focus.parent)}` : name)),
      make("text", { class: "name", x: middle, y: middle - 2, style: `pointer-events: none; font-size: ${Math.min(17, (3.1 * hub) / name.length)}px; ${isItalic(rankOf(focus)) ? "font-style: italic" : ""}` }, name),
      make("text", { class: "count", x: middle, y: middle + 17, style: "pointer-events: none" }, number(focus.total)),
    );
    svg.setAttribute("aria-label", `${name}: ${focus.below.slice(0, 8).map((child) => `${child.name} ${child.total}`).join(", ")}`);
    drawCrumbs(focus);
    drawChildren(focus);
  }

  function height(node) { return node.below.length ? 1 + Math.max(...node.below.map(height)) : 0; }

  function arcPath(from, to, inner, outer) {
    const end = Math.min(to, from + 2 * Math.PI - 0.0001);
    const point = (angle, radius) => `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
    const large = end - from > Math.PI ? 1 : 0;
    return `M${point(from, outer)}A${outer} ${outer} 0 ${large} 1 ${point(end, outer)}L${point(end, inner)}A${inner} ${inner} 0 ${large} 0 ${point(from, inner)}Z`;
  }

  function drawCrumbs(focus) {
    const path = [];
    for (let node = focus; node; node = node.parent) path.unshift(node);
    $("crumbs").replaceChildren(...path.flatMap((node, i) => {
      const label = taxon(labelOf(node), rankOf(node));
      const here = node === focus;
      return [i ? make("span", { "aria-hidden": "true" }, "›") : null, here ? make("b", { "aria-current": "true" }, label) : make("button", { type: "button", onclick: () => focusOn(node) }, label)];
    }).filter(Boolean));
  }

  function drawChildren(focus) {
    const shown = focus.below.slice(0, 10), rest = focus.below.length - shown.length;
    const meter = (all, whole) => make("span", { class: "meter", "aria-hidden": "true" },
      ...VERDICTS.map((verdict, i) => make("span", { style: `${color(verdict)}; width: ${(100 * all[i]) / whole}%` })));
    const whole = shown.length ? shown[0].total : 1;
    $("children").replaceChildren(
      ...shown.map((child, i) => make("li", {},
        make(child.below.length ? "button" : "div", child.below.length ? { type: "button", onclick: () => focusOn(child) } : {},
          make("span", { class: "dot", style: `${hueStyle(i)}; background: hsl(var(--h) var(--s, var(--sat)) var(--light)); margin: 0`, "aria-hidden": "true" }),
          make("span", { class: "taxon-name" }, taxon(child.name, rankOf(child))), make("span", { class: "n" }, number(child.total))),
        meter(child.all, whole))),
      ...(rest > 0 ? [make("li", { class: "more" }, `and ${number(rest)} more`)] : []),
      ...VERDICTS.flatMap((verdict, i) => (i && focus.own[i] && focus.name ? [make("li", {}, make("div", {}, dot(`${color(verdict)}; margin: 0`), make("span", { class: "taxon-name" }, `${NAMES[verdict][0]} here`), make("span", { class: "n" }, number(focus.own[i]))))] : [])),
    );
  }

  // Map
  function drawMap() {
    const map = data.map;
    if (!map) { $("map-section").hidden = true; return; }
    const references = map.library_total
      ? `${map.library.length < map.library_total ? `A sample of ${number(map.library.length)} of the library's ${number(map.library_total)} references` : `The library's ${number(map.library_total)} references`} in pale colours, `
      : "";
    const queries = `${map.queries.length < map.query_total ? `${number(map.queries.length)} of the ${number(map.query_total)} queries, drawn at random` : `${number(map.queries.length)} queries`}, in the colour of their verdict`;
    const plural = { order: "orders", family: "families", class: "classes", genus: "genera", phylum: "phyla" };
    const plane = map.rank ? `The plane is the one in which the ${plural[map.rank]} differ most` : "The plane is that of the first two principal components";
    $("map-note").append(`${references}${references ? "and " : ""}${queries}. ${plane} (${Math.round(100 * map.share)} % of that variance); what lies apart here is different, what lies together may still differ in other directions.`);
    const width = Math.max(520, Math.min(1060, 1.3 * widthOf("map"))), tall = Math.round(0.53 * width), pad = 26;
    const everything = [...map.library, ...map.queries];
    const xs = everything.map((p) => p[0]), ys = everything.map((p) => p[1]);
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const x = (p) => pad + ((p[0] - x0) / (x1 - x0 || 1)) * (width - 2 * pad);
    const y = (p) => tall - pad - ((p[1] - y0) / (y1 - y0 || 1)) * (tall - 2 * pad);
    const svg = $("map");
    svg.setAttribute("viewBox", `0 0 ${width} ${tall}`);
    svg.setAttribute("aria-label", $("map-note").textContent);
    const layers = { library: make("g") };
    map.library.forEach((p, i) => layers.library.append(make("circle", { class: "ref", r: 3, cx: x(p).toFixed(1), cy: y(p).toFixed(1), style: hueStyle(map.library_group[i]) })));
    VERDICTS.forEach((verdict) => { layers[verdict] = make("g"); });
    map.queries.forEach((p, i) => {
      const verdict = VERDICTS[map.query_verdict[i]];
      layers[verdict].append(make("circle", { class: "query", r: verdict === "named" ? 3 : 4.2, cx: x(p).toFixed(1), cy: y(p).toFixed(1), style: color(verdict) }));
    });
    const ring = make("circle", { class: "hit", r: 7, display: "none" });
    svg.append(...Object.values(layers), ring);
    const leave = () => { ring.setAttribute("display", "none"); hideTip(); };
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const px = ((event.clientX - box.left) / box.width) * width, py = ((event.clientY - box.top) / box.height) * tall;
      let best = -1, distance = 18 ** 2;
      map.queries.forEach((p, i) => {
        const d = (x(p) - px) ** 2 + (y(p) - py) ** 2;
        if (d < distance && !layers[VERDICTS[map.query_verdict[i]]].hasAttribute("display")) { best = i; distance = d; }
      });
      if (best < 0) { leave(); return; }
      ring.removeAttribute("display");
      ring.setAttribute("cx", x(map.queries[best]));
      ring.setAttribute("cy", y(map.queries[best]));
      const [id, name] = map.query_label[best];
      showTip(event, id, make("small", {}, `${NAMES[VERDICTS[map.query_verdict[best]]][0]}${name ? `, ${name}` : ""}`));
    });
    svg.addEventListener("pointerleave", leave);
    const toggle = (layer, label, style) => make("button", {
      type: "button", "aria-pressed": "true",
      onclick: (event) => {
        const button = event.currentTarget, on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        if (on) layers[layer].removeAttribute("display"); else layers[layer].setAttribute("display", "none");
      },
    }, style ? dot(style) : null, label);
    const groupStyle = (i) => `background: hsl(${HUES[i]} 50% var(--group-light)); opacity: 0.6`;
    $("map-legend").append(
      ...VERDICTS.filter((_, i) => map.query_verdict.includes(i)).map((verdict) => toggle(verdict, NAMES[verdict][0], color(verdict))),
      ...(map.library_total ? [make("hr"), toggle("library", "References"), ...map.groups.map((name, i) => make("span", {}, dot(groupStyle(i)), name)), make("span", {}, dot("background: var(--rejected)"), "others")] : []));
  }

  // Reliability
  function drawReliability() {
    const lengths = Object.keys(data.reliability);
    if (!lengths.length) { $("reliability-section").hidden = true; return; }
    $("length").append(...lengths.map((length) => make("option", { value: length }, `${length} bases`)));
    $("length").value = lengths[lengths.length - 1];
    const draw = () => {
      const byRank = data.reliability[$("length").value];
      $("reliability").replaceChildren(...["species", "genus", "family"].filter((rank) => byRank[rank]).map((rank) => reliabilityPanel(rank, byRank[rank])));
    };
    $("length").addEventListener("change", draw);
    draw();
  }

  function reliabilityPanel(rank, points) {
    const size = 260, pad = 46, inner = size - pad - 12;
    const x = (p) => pad + p * inner, y = (p) => 10 + (1 - p) * inner;
    const weights = points.map((point) => point.weight ?? point.examples);
    const error = sum(points.map((point, i) => weights[i] * Math.abs(point.confidence - point.right))) / (sum(weights) || 1);
    const examples = sum(points.map((point) => point.examples));
    const svg = make("svg", { viewBox: `0 0 ${size} ${inner + 48}`, role: "img", "aria-label": `Reliability of ${rank}: calibration error ${error.toFixed(3)}` });
    for (const tick of [0, 0.5, 1]) {
      svg.append(make("line", { class: "grid", x1: x(tick), x2: x(tick), y1: y(0), y2: y(1) }), make("line", { class: "grid", x1: x(0), x2: x(1), y1: y(tick), y2: y(tick) }),
        make("text", { class: "faint", x: x(tick), y: y(0) + 15, "text-anchor": "middle" }, String(tick)), make("text", { class: "faint", x: x(0) - 6, y: y(tick) + 4, "text-anchor": "end" }, String(tick)));
    }
    svg.append(make("path", { class: "diagonal", d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}` }), make("text", { class: "faint", x: x(0.5), y: y(0) + 33, "text-anchor": "middle" }, "probability given"));
    svg.append(make("text", { class: "faint", transform: `translate(11 ${y(0.5)}) rotate(-90)`, "text-anchor": "middle" }, "share that is right"));
    points.forEach((point, i) => svg.append(make("circle", {
      cx: x(point.confidence).toFixed(1), cy: y(point.right).toFixed(1), r: (3 + 12 * Math.sqrt(weights[i] / (sum(weights) || 1))).toFixed(1),
      style: "fill: var(--named); fill-opacity: 0.55; stroke: var(--named)",
      onpointermove: (event) => showTip(event, `${point.confidence.toFixed(2)} given, ${point.right.toFixed(2)} right`, make("small", {}, `${number(point.examples)} examples`)),
      onpointerleave: hideTip,
    })));
    return make("div", {}, make("h3", {}, rank[0].toUpperCase() + rank.slice(1), make("small", {}, `error ${error.toFixed(3)}, ${number(examples)} examples`)), svg);
  }

  // Reads
  function histogram(title, unit, series, step, limit, format) {
    const width = 360, tall = 160, left = 14, bottom = 24;
    const bins = series.flatMap(([, bars]) => bars.map(([bin]) => bin));
    if (!bins.length) return null;
    const low = Math.min(...bins), high = Math.max(...bins) + 1;
    const totals = new Map();
    for (const [, bars] of series) for (const [bin, n] of bars) totals.set(bin, (totals.get(bin) || 0) + n);
    const most = Math.max(...totals.values());
    const span = Math.max(high - low, 12), from = low - (span - (high - low)) / 2;
    const x = (bin) => left + ((bin - from) / span) * (width - 2 * left);
    const y = (n) => 8 + (1 - n / most) * (tall - bottom - 8);
    const svg = make("svg", { viewBox: `0 0 ${width} ${tall}`, role: "img", "aria-label": title });
    const base = new Map();
    for (const [style, bars] of series) {
      for (const [bin, n] of bars) {
        const under = base.get(bin) || 0;
        svg.append(make("rect", {
          x: (x(bin) + 0.5).toFixed(2), width: Math.max(0.8, x(bin + 1) - x(bin) - 1).toFixed(2), y: y(under + n).toFixed(2), height: Math.max(0.6, y(under) - y(under + n)).toFixed(2), style: `fill: ${style}`,
          onpointermove: (event) => showTip(event, `${format(bin * step)} to ${format((bin + 1) * step)} ${unit}`, make("small", {}, number(totals.get(bin)))),
          onpointerleave: hideTip,
        }));
        base.set(bin, under + n);
      }
    }
    svg.append(make("line", { class: "axis", x1: left, x2: width - left, y1: y(0) + 0.5, y2: y(0) + 0.5 }));
    const reach = span * step;
    const tick = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => reach / size <= 6) || 1000;
    for (let at = Math.ceil((from * step) / tick) * tick; at <= (from + span) * step + 1e-9; at += tick) {
      if (at > limit) break;
      svg.append(make("line", { class: "axis", x1: x(at / step), x2: x(at / step), y1: y(0), y2: y(0) + 4 }),
        make("text", { class: "faint", x: x(at / step), y: tall - 4, "text-anchor": "middle" }, format(at)));
    }
    return make("div", {}, make("h3", {}, title, make("small", {}, unit)), svg);
  }

  function barRows(title, entries, style) {
    if (!entries.length) return null;
    const most = Math.max(...entries.map(([, n]) => n), 1);
    return make("div", {}, make("h3", {}, title), make("div", { class: "rows" }, ...entries.flatMap(([label, n]) => [
      make("span", {}, label), make("span", { class: "track" }, n ? make("span", { style: `width: ${(100 * n) / most}%; ${style}` }) : ""),
      make("span", { class: "n" }, `${number(n)}  (${percent(n, summary.reads)})`)])));
  }

  function drawReads() {
    const { reads } = data;
    const plain = "var(--unplaced)";
    const whole = (value) => String(Math.round(value));
    const strands = [["forward", summary.strand["+"]], ["reverse", summary.strand["-"]], ["not placed", summary.strand.none]];
    const stops = reads.stops.map(([n, count]) => [n === 0 ? "no stop codon" : `${n === 5 ? "5 or more" : n} stop codon${n === 1 ? "" : "s"}`, count]);
    $("histograms").append(...[
      histogram("Length", "bases", [[plain, reads.lengths]], reads.length_step, Infinity, whole),
      histogram("Identity with the nearest reference", "%", VERDICTS.map((v) => [`var(--${v})`, reads.identities[v]]), 100 * reads.identity_step, 100, (value) => value.toFixed(value % 1 ? 1 : 0)),
      histogram("First column on the barcode", "column", [[plain, reads.starts]], reads.length_step, Infinity, whole),
      barRows("Strand", strands, ""),
      barRows("Stop codons in frame", stops, ""),
      barRows("Flags", Object.entries(summary.flags).map(([flag, n]) => [flag.replaceAll("_", " "), n]), "--c: var(--ambiguous)"),
    ].filter(Boolean));
  }

  // Table
  const columns = data.table.columns, rows = data.table.rows;
  const place = Object.fromEntries(columns.map((name, i) => [name, i]));
  const SHOWN = [
    ["query_id", "Query"], ["verdict", "Verdict"], ["taxon", "Taxon"], ["rank", "Rank"], ["probability", "Probability"], ["identity", "Identity"],
    ["overlap", "Overlap"], ["nearest_id", "Nearest"], ["bin", "BIN"], ["n_agree", "Agree"], ["n_conflict", "Conflict"], ["similarity", "Cosine"],
    ["length", "Length"], ["strand", "Strand"], ["stops", "Stops"], ["flags", "Flags"],
  ];
  const ownNames = Object.entries(summary.own_names), hasOwn = rows.some((row) => row[place.own_name]);
  if (hasOwn) SHOWN.splice(3, 0, ["own_lineage", "Own name"], ["own_name", "Agreement"]);
  if (data.samples && data.samples.names.length > 1) SHOWN.splice(1, 0, ["sample", "Sample"]);
  const NUMBERS = new Set(["probability", "identity", "overlap", "n_agree", "n_conflict", "similarity", "length", "stops"]);
  const TOLD = new Set([...SHOWN.map(([name]) => name), "status", "candidates", "lineage", "own_lineage"]);
  const isEmpty = (name) => rows.every((row) => row[place[name]] === null || row[place[name]].length === 0);
  for (const name of columns.filter((name) => !TOLD.has(name) && !isEmpty(name))) {
    SHOWN.push([name, upper(name).replaceAll("_", " ")]);
    if (rows.every((row) => row[place[name]] === null || typeof row[place[name]] === "number")) NUMBERS.add(name);
  }
  const PAGE = 50;
  const BIN_PAGE = "https://portal.boldsystems.org/bin/";
  const state = { sort: null, down: false, page: 0, found: [] };
  const kindOf = (row) => row[place.verdict] || "rejected";

  function cell(name, row) {
    const value = row[place[name]];
    if (name === "verdict") {
      const kind = kindOf(row);
      return make("td", {}, dot(color(kind)), kind === "rejected" ? row[place.status].replaceAll("_", " ") : NAMES[kind][0]);
    }
    if (name === "taxon") {
      const candidates = row[place.candidates];
      return make("td", { class: "long", title: [row[place.lineage], candidates.join(" or ")].filter(Boolean).join("\n") || null }, value ? taxon(value, row[place.rank]) : "", candidates.length ? make("span", { style: "color: var(--soft)" }, `  (${candidates.join(" or ")})`) : null);
    }
    if (name === "identity") return make("td", { class: "number" }, value === null ? "" : (100 * value).toFixed(1) + " %");
    if (name === "probability") return make("td", { class: "number" }, value === null ? "" : value.toFixed(2));
    if (name === "similarity") return make("td", { class: "number" }, value === null ? "" : value.toFixed(3));
    if (name === "bin" && /^BOLD:[A-Z0-9]+$/.test(value ?? "")) {
      return make("td", {}, make("a", { href: BIN_PAGE + value, rel: "noreferrer", target: "_blank" }, value));
    }
    if (name === "own_lineage") return make("td", { class: "long", title: value }, (value ?? "").split(" > ").at(-1));
    if (name === "own_name") return make("td", {}, (value ?? "").replaceAll("_", " "));
    if (NUMBERS.has(name)) return make("td", { class: "number" }, value === null ? "" : String(value));
    return make("td", { class: "long", title: String(value).length > 28 ? value : null }, name === "flags" ? value.join(", ").replaceAll("_", " ") : value ?? "");
  }

  function update(fromStart) {
    const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const only = $("only").value, own = $("own").value;
    state.found = rows.filter((row) => (!only || kindOf(row) === only) && (row[place.own_name] ?? "").startsWith(own) && words.every((word) => row.join(" ").toLowerCase().includes(word)));
    if (state.sort) {
      const at = place[state.sort], sign = state.down ? -1 : 1;
      const missing = (value) => value === null || value.length === 0;
      state.found.sort((a, b) => {
        const [p, q] = [a[at], b[at]];
        if (missing(p) || missing(q)) return Number(missing(p)) - Number(missing(q));
        return sign * (typeof p === "number" ? p - q : String(p).localeCompare(String(q), "en", { numeric: true }));
      });
    }
    if (fromStart) state.page = 0;
    const pages = Math.max(1, Math.ceil(state.found.length / PAGE));
    state.page = Math.max(0, Math.min(state.page, pages - 1));
    const shown = state.found.slice(state.page * PAGE, (state.page + 1) * PAGE);
    $("body").replaceChildren(...(shown.length
      ? shown.map((row) => make("tr", {}, ...SHOWN.map(([name]) => cell(name, row))))
      : [make("tr", {}, make("td", { class: "empty", colspan: SHOWN.length }, "No call fits. Take words out of the search, or show all verdicts."))]));
    $("found").textContent = state.found.length === rows.length ? `${number(rows.length)} calls` : `${number(state.found.length)} of ${number(rows.length)} calls`;
    $("page").textContent = `Page ${number(state.page + 1)} of ${number(pages)}`;
    $("previous").disabled = state.page === 0;
    $("next").disabled = state.page >= pages - 1;
  }

  function drawTable() {
    const { total } = data.table;
    if (rows.length < total) $("calls-note").append(`${number(rows.length)} of ${number(total)} calls: the first ones, with some of each verdict; copies of a sequence give way to other sequences. The table file has them all.`);
    $("only").append(make("option", { value: "" }, "all"), ...[...VERDICTS, "rejected"].map((kind) => make("option", { value: kind }, NAMES[kind][0])));
    const agreements = ownNames.filter(([name, n]) => n && !name.startsWith("other_")).map(([name]) => [name, name]);
    $("own").append(...[["", "all"], ["other_", "differs"], ...agreements].map(([value, label]) => make("option", { value }, label)));
    $("own-choice").hidden = !hasOwn;
    $("head").append(...SHOWN.map(([name, label]) => make("th", { scope: "col", class: NUMBERS.has(name) ? "number" : "" }, make("button", {
      type: "button",
      onclick: (event) => {
        state.down = state.sort === name ? !state.down : NUMBERS.has(name);
        state.sort = name;
        for (const head of $("head").children) head.removeAttribute("aria-sort");
        event.currentTarget.parentElement.setAttribute("aria-sort", state.down ? "descending" : "ascending");
        update(true);
      },
    }, label))));
    $("filter").addEventListener("submit", (event) => event.preventDefault());
    $("search").addEventListener("input", () => update(true));
    for (const id of ["only", "own"]) $(id).addEventListener("change", () => update(true));
    $("previous").addEventListener("click", () => { state.page -= 1; update(false); });
    $("next").addEventListener("click", () => { state.page += 1; update(false); });
    update(true);
  }

  function drawFacts() {
    $("facts").append(...data.facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  }

  /* samples.js */

  for (const draw of [drawHead, drawSamples, drawTaxa, drawTaxonTable, drawMap, drawReliability, drawReads, drawTable, drawFacts]) draw();
})();
