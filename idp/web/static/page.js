/* Niceties only: every page works without this file. ES5, for the oldest telephones. */
(function () {
  "use strict";

  function each(selector, act) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), act);
  }

  function digitsOf(text) {
    return text.replace(/[\s.\u00a0-]/g, "");
  }

  /* Identity numbers stand in threes for the eye, and are sent without blanks. */
  each("input[data-threes]", function (input) {
    function group() {
      var digits = digitsOf(input.value);
      var atEnd = input.selectionStart === input.value.length;
      if (/^\d*$/.test(digits) && atEnd) {
        input.value = digits.replace(/(\d{3})(?=\d)/g, "$1 ");
      }
    }
    input.addEventListener("input", group);
    input.form.addEventListener("submit", function () {
      var digits = digitsOf(input.value);
      if (/^\d+$/.test(digits)) { input.value = digits; }
    });
  });

  each("[data-reveals]", function (box) {
    var field = document.getElementById(box.getAttribute("data-reveals"));
    box.parentNode.hidden = false;
    box.addEventListener("change", function () { field.type = box.checked ? "text" : "password"; });
    field.form.addEventListener("submit", function () { field.type = "password"; });
  });

  /* A second press of a slow button sends nothing twice. */
  each("form:not([data-stays])", function (form) {
    form.addEventListener("submit", function (event) {
      if (form.getAttribute("data-sent")) { event.preventDefault(); return; }
      form.setAttribute("data-sent", "yes");
      each("button", function (button) { if (button.form === form) { button.setAttribute("aria-disabled", "true"); } });
    });
  });
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) { return; }
    each("form", function (form) { form.removeAttribute("data-sent"); });
    each("button", function (button) { button.removeAttribute("aria-disabled"); });
  });
})();
