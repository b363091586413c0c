"use strict";
(function () {
  var $ = function (s, of) { return Array.prototype.slice.call((of || document).querySelectorAll(s)); };
  var said = document.getElementById("said");
  function say(text) { said.textContent = text; }

  // Sort a table by a column: numbers as numbers, states by how bad they are.
  $("th button").forEach(function (b) {
    b.addEventListener("click", function () {
      var th = b.parentNode, body = th.closest("table").tBodies[0];
      var at = Array.prototype.indexOf.call(th.parentNode.children, th);
      var up = th.getAttribute("aria-sort") !== "ascending";
      $("th", th.parentNode).forEach(function (o) { o.removeAttribute("aria-sort"); });
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
      var rows = Array.prototype.slice.call(body.rows).map(function (r) {
        var c = r.cells[at], k = c.getAttribute("data-key");
        return { r: r, k: k === null ? c.textContent.trim().toLowerCase() : Number(k) };
      });
      rows.sort(function (x, y) { var d = x.k < y.k ? -1 : x.k > y.k ? 1 : 0; return up ? d : -d; });
      rows.forEach(function (o) { body.appendChild(o.r); });
      say("Sorted by " + b.textContent + (up ? ", ascending" : ", descending"));
    });
  });

  // Search and filters hide rows, findings and drawings.
  var search = document.getElementById("search"), state = document.getElementById("state"), cluster = document.getElementById("cluster");
  var items = $("[data-item]").map(function (e) { return { e: e, text: null, state: e.getAttribute("data-state") || "", cluster: e.getAttribute("data-cluster") || "" }; });
  function filter() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean), s = state.value, c = cluster.value, shown = 0;
    items.forEach(function (i) {
      var ok = (!s || !i.state || i.state === s) && (!c || !i.cluster || i.cluster === c);
      if (ok && words.length) {
        if (i.text === null) { i.text = i.e.textContent.toLowerCase(); }
        ok = words.every(function (w) { return i.text.indexOf(w) >= 0; });
      }
      i.e.hidden = !ok;
      if (ok) { shown++; }
    });
    $("[data-group]").forEach(function (g) { g.hidden = !$("[data-item]", g).some(function (e) { return !e.hidden; }); });
    say(shown + " shown");
  }
  var wait;
  search.addEventListener("input", function () { clearTimeout(wait); wait = setTimeout(filter, 150); });
  state.addEventListener("change", filter);
  cluster.addEventListener("change", filter);
  document.getElementById("reset").addEventListener("click", function () { search.value = state.value = cluster.value = ""; filter(); });
  document.getElementById("open").addEventListener("click", function () { $("details").forEach(function (d) { d.open = true; }); });
  document.getElementById("close").addEventListener("click", function () { $("details").forEach(function (d) { d.open = false; }); });

  // Copy a repair, also where the clipboard may not be written: then the text is selected.
  $("button.copy").forEach(function (b) {
    b.addEventListener("click", function () {
      var pre = b.parentNode.querySelector("pre");
      function chosen() {
        var r = document.createRange(), s = getSelection();
        r.selectNodeContents(pre); s.removeAllRanges(); s.addRange(r);
        say(document.execCommand("copy") ? "Copied" : "Selected: press Ctrl and C");
      }
      if (navigator.clipboard) { navigator.clipboard.writeText(pre.textContent).then(function () { say("Copied"); }, chosen); } else { chosen(); }
    });
  });

  // A link to a row opens what it is in.
  function go() {
    var e = location.hash && document.getElementById(location.hash.slice(1));
    if (!e) { return; }
    if (e.hidden) { search.value = state.value = cluster.value = ""; filter(); }
    for (var d = e.closest("details"); d; d = d.parentNode.closest("details")) { d.open = true; }
    e.scrollIntoView({ block: "center" });
  }
  addEventListener("hashchange", go);
  go();

  // On paper everything is open.
  var closed = [];
  addEventListener("beforeprint", function () { closed = $("details:not([open])"); closed.forEach(function (d) { d.open = true; }); });
  addEventListener("afterprint", function () { closed.forEach(function (d) { d.open = false; }); });
})();
