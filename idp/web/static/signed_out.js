/* Goes back to the service once the others' frames have loaded, or soon at any rate; without this file the
   page's link does. ES5, for the oldest telephones. */
(function () {
  "use strict";

  var link = document.getElementById("logged-out-return");
  var hasGone = false;

  function goOn() {
    if (hasGone || !link) { return; }
    hasGone = true;
    window.location.replace(link.href);
  }

  window.setTimeout(goOn, 3000);
  if (document.readyState === "complete") { goOn(); } else { window.addEventListener("load", goOn); }
})();
