  // Samples: what is in each, and how much of it was seen
  const samples = data.samples;
  const RANK_DEFAULT = "order";

  const BELOW = { new_species: "new species of ", new_genus: "new genus of ", ambiguous: "ambiguous in " };

  /** What a taxon without a name at a rank is called there: numbered groups are told apart as species only. */
  function called(name, verdict, lineage, place) {
    const taxon = name.replace(/( sp\.)? group \d+$/, "");
    return taxon === name || place === data.ranks.length - 1 ? name : (BELOW[VERDICTS[verdict]] || "") + (lineage.some(Boolean) ? taxon : "unplaced");
  }

  /** Reads by name at a rank, the most abundant first; what has no name there stands as it was called. */
  function atRank(rank) {
    const place = data.ranks.indexOf(rank);
    const groups = new Map();
    for (const [name, verdict, lineage, reads] of samples.rows) {
      const key = lineage[place] || called(name, verdict, lineage, place);
      const group = groups.get(key) || { name: key, verdict: lineage[place] ? null : VERDICTS[verdict], reads: reads.map(() => 0), total: 0 };
      reads.forEach((n, i) => { group.reads[i] += n; group.total += n; });
      groups.set(key, group);
    }
    return [...groups.values()].sort((a, b) => b.total - a.total);
  }

  const ORDERS = { "as in the tables": () => 0, "most reads first": (i) => -sum(samples.rows.map((row) => row[3][i])) - samples.others.reads[i] - samples.rejected[i], "richest first": (i) => -samples.richness[i] };

  function drawBars(rank, order) {
    const groups = atRank(rank);
    const shown = groups.slice(0, 12), rest = groups.slice(12);
    const other = { name: "other taxa", reads: samples.others.reads.map((n, i) => n + sum(rest.map((group) => group.reads[i]))), style: "--c: var(--soft); opacity: 0.5" };
    const rejected = { name: "rejected", reads: samples.rejected, style: "--c: var(--rejected)" };
    shown.forEach((group, i) => { group.style = group.verdict ? color(group.verdict) : `--c: hsl(${HUES[i % HUES.length]} ${i < HUES.length ? 32 : 18}% ${i < HUES.length ? 46 : 62}%)`; });
    const parts = [...shown, other, rejected].filter((group) => sum(group.reads));
    const keys = samples.names.map((_, i) => ORDERS[order](i));
    const places = samples.names.map((_, i) => i).sort((a, b) => keys[a] - keys[b]);
    $("sample-bars").replaceChildren(...places.flatMap((i) => {
      const name = samples.names[i];
      const all = sum(parts.map((group) => group.reads[i]));
      // Taxa without a colour are drawn one by one where they are large, so that a bar shows what prevails in its sample.
      const large = rest.filter((group) => group.reads[i] > all / 100).sort((a, b) => b.reads[i] - a.reads[i]);
      const small = { ...other, reads: other.reads.map((n) => n - sum(large.map((group) => group.reads[i]))) };
      const drawn = parts.flatMap((group) => (group === other ? [...large.map((one) => ({ ...one, style: other.style })), small] : [group]));
      return [make("span", { class: "long", title: name }, name), make("span", { class: "stack" }, ...drawn.filter((group) => group.reads[i]).map((group) => make("span", {
        style: `flex: ${group.reads[i]}; ${group.style}`,
        onpointermove: (event) => showTip(event, group.name, make("small", {}, `${number(group.reads[i])} of ${number(all)} reads of ${name}`)),
        onpointerleave: hideTip,
      }))), make("span", { class: "n" }, number(all)), make("span", { class: "n" }, number(samples.richness[i]))];
    }));
    $("sample-legend").replaceChildren(...parts.map((group) => make("span", {}, dot(group.style), group.name)));
  }

  function drawRarefaction() {
    const width = Math.max(300, Math.min(520, widthOf("rarefaction"))), tall = width / 2, left = 44, bottom = 34;
    const curves = samples.rarefaction.map((points, i) => ({ points, name: samples.names[i] })).filter((curve) => curve.points.length > 1);
    if (!curves.length) return;
    const most = Math.max(...curves.map(({ points }) => points.at(-1)[0])), high = Math.max(...curves.map(({ points }) => points.at(-1)[1]));
    const x = (n) => left + (width - left - 8) * n / most, y = (n) => tall - bottom - (tall - bottom - 10) * n / high;
    const svg = make("svg", { viewBox: `0 0 ${width} ${tall}`, role: "img", "aria-label": "Taxa seen against reads looked at, a curve for each sample" });
    svg.append(make("line", { class: "axis", x1: left, y1: y(0), x2: width - 8, y2: y(0) }), make("line", { class: "axis", x1: left, y1: y(0), x2: left, y2: 10 }));
    svg.append(make("text", { class: "faint", x: left, y: tall - 16 }, "1"), make("text", { class: "faint", x: width - 8, y: tall - 16, "text-anchor": "end" }, `${number(most)} reads with a species or group`),
      make("text", { class: "faint", x: left - 6, y: 16, "text-anchor": "end" }, number(Math.round(high))), make("text", { class: "faint", x: left, y: tall - 2 }, "species and groups seen"));
    // More curves than colours can tell apart are pale, and the one that is pointed at stands out.
    const many = curves.length > HUES.length, hue = (i) => `hsl(${HUES[i]} 35% 48%)`;
    curves.forEach(({ points, name }, i) => svg.append(make("path", {
      d: points.map(([n, taxa], at) => `${at ? "L" : "M"}${x(n).toFixed(1)} ${y(taxa).toFixed(1)}`).join(""), class: many ? "curve pale" : "curve", style: many ? null : `stroke: ${hue(i)}`,
      onpointermove: (event) => showTip(event, name, make("small", {}, `${points.at(-1)[1]} species and groups in ${number(points.at(-1)[0])} reads`)), onpointerleave: hideTip,
    })));
    $("rarefaction").append(make("h3", {}, "Rarefaction"), svg);
    $("rarefaction").append(many
      ? make("p", { class: "note" }, `A curve for each of ${number(curves.length)} samples; point at one to see which it is.`)
      : make("div", { class: "legend" }, ...curves.map(({ name }, i) => make("span", {}, dot(`--c: ${hue(i)}`), name))));
  }

  function drawSamples() {
    if (!samples || samples.names.length < 2) { $("samples").hidden = true; return; }
    if (data.subtraction) $("subtraction").append(`${upper(data.subtraction)}. Samples and the table of taxa show the reads that are left; all else on this page shows the reads before.`);
    $("sample-rank").append(...data.ranks.map((rank) => make("option", { value: rank }, rank)));
    $("sample-rank").value = RANK_DEFAULT;
    $("sample-order").append(...Object.keys(ORDERS).map((order) => make("option", { value: order }, order)));
    const draw = () => drawBars($("sample-rank").value, $("sample-order").value);
    for (const id of ["sample-rank", "sample-order"]) $(id).addEventListener("change", draw);
    draw();
    drawRarefaction();
  }

  // Table of taxa, to search and to take along
  const TAXA_SHOWN = 200;
  function drawTaxonTable() {
    if (!samples) { $("taxon-table").hidden = true; return; }
    const total = (row) => sum(row[3]);
    const many = samples.names.length > 8, single = samples.names.length === 1; // the reads of one sample are all reads
    const heads = ["Taxon", "Verdict", "Family", "Reads", ...(many ? ["Samples"] : single ? [] : samples.names)];
    $("taxon-head").append(...heads.map((name, i) => make("th", { scope: "col", class: i > 2 ? "number" : "", title: name }, name)));
    const family = data.ranks.indexOf("family");
    const fullest = (row) => row[3].map((n, i) => [n, samples.names[i]]).filter(([n]) => n).sort((a, b) => b[0] - a[0]);
    const toldIn = (row) => {
      const found = fullest(row);
      const words = found.slice(0, 8).map(([n, name]) => `${name} ${number(n)}`).join(", ");
      return (event) => showTip(event, `in ${number(found.length)} samples`, make("small", {}, words + (found.length > 8 ? ", ..." : "")));
    };
    const draw = () => {
      const words = $("taxon-search").value.toLowerCase().split(/\s+/).filter(Boolean);
      const found = samples.rows.filter((row) => words.every((word) => [row[0], ...row[2]].join(" ").toLowerCase().includes(word)));
      $("taxon-body").replaceChildren(...found.slice(0, TAXA_SHOWN).map((row) => make("tr", {},
        make("td", { class: "long" }, row[2].at(-1) ? make("i", {}, row[0]) : row[0]),
        make("td", {}, dot(color(VERDICTS[row[1]])), NAMES[VERDICTS[row[1]]][0]), make("td", {}, row[2][family]), make("td", { class: "number" }, number(total(row))),
        ...(many ? [make("td", { class: "number", onpointermove: toldIn(row), onpointerleave: hideTip }, number(fullest(row).length))] : single ? [] : row[3].map((n) => make("td", { class: "number" }, n ? number(n) : ""))))));
      $("taxon-found").textContent = `${number(found.length)} of ${number(samples.rows.length)} taxa` + (found.length > TAXA_SHOWN ? `, the first ${TAXA_SHOWN} shown` : "");
    };
    $("taxon-filter").addEventListener("submit", (event) => event.preventDefault());
    $("taxon-search").addEventListener("input", draw);
    const quoted = (value) => `"${String(value).replaceAll('"', '""')}"`;
    $("taxon-csv").addEventListener("click", () => {
      const lines = [["taxon", "verdict", ...data.ranks, "total", ...samples.names], ...samples.rows.map((row) => [row[0], VERDICTS[row[1]], ...row[2], total(row), ...row[3]])];
      const blob = new Blob([lines.map((line) => line.map(quoted).join(",")).join("\n") + "\n"], { type: "text/csv" });
      const link = make("a", { href: URL.createObjectURL(blob), download: "taxa.csv" });
      link.click();
      URL.revokeObjectURL(link.href);
    });
    if (data.subtraction) $("taxon-note").append(`${upper(data.subtraction)}; this table shows the reads that are left. `);
    if (samples.others.taxa) $("taxon-note").append(`The ${number(samples.rows.length)} taxa with most reads; ${number(samples.others.taxa)} more are in the table that --table writes.`);
    draw();
  }
