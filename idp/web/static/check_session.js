/* Session Management 1.0: tells the page around whether somebody signed in or out since. ES5. */
(function () {
  "use strict";

  var script = document.getElementsByTagName("script")[0];
  var cookieName = script.getAttribute("data-cookie") + "=";

  function browserState() {
    var cookies = document.cookie.split("; ");
    for (var i = 0; i < cookies.length; i++) {
      if (cookies[i].indexOf(cookieName) === 0) { return cookies[i].slice(cookieName.length); }
    }
    return "";
  }

  /* The first 32 bits of the fractional parts of roots of the first primes (FIPS 180-4 §4.2.2, §5.3.3). */
  function fraction(number) { return ((number - Math.floor(number)) * 4294967296) | 0; }

  var rounds = [], initial = [];
  for (var candidate = 2; rounds.length < 64; candidate++) {
    var isPrime = true;
    for (var factor = 2; factor * factor <= candidate; factor++) {
      if (candidate % factor === 0) { isPrime = false; }
    }
    if (isPrime) {
      if (initial.length < 8) { initial.push(fraction(Math.pow(candidate, 1 / 2))); }
      rounds.push(fraction(Math.pow(candidate, 1 / 3)));
    }
  }

  function turned(word, by) { return (word >>> by) | (word << (32 - by)); }

  function compress(hash, w) {
    var i, a, b, c, d, e, f, g, h, one, two;
    for (i = 16; i < 64; i++) {
      one = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      two = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w[i] = (w[i - 16] + one + w[i - 7] + two) | 0;
    }
    a = hash[0]; b = hash[1]; c = hash[2]; d = hash[3]; e = hash[4]; f = hash[5]; g = hash[6]; h = hash[7];
    for (i = 0; i < 64; i++) {
      one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + rounds[i] + w[i]) | 0;
      two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach(function (word, place) { hash[place] = (hash[place] + word) | 0; });
  }

  /* SHA-256 in hexadecimal. All that is hashed here is ASCII; crypto.subtle is missing in old browsers. */
  function sha256(text) {
    var hash = initial.slice(), blocks = ((text.length + 8) >> 6) + 1, words = [], i;
    for (i = 0; i < blocks * 16; i++) { words.push(0); }
    for (i = 0; i < text.length; i++) { words[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8); }
    words[i >> 2] |= 0x80 << (24 - (i % 4) * 8);
    words[words.length - 1] = text.length * 8;
    for (i = 0; i < blocks; i++) { compress(hash, words.slice(i * 16, i * 16 + 16)); }
    return hash.map(function (word) { return ("0000000" + (word >>> 0).toString(16)).slice(-8); }).join("");
  }

  /* §4.2: nobody but the page around may ask. Its origin is in the hash besides, so that another's question
     would learn nothing but "changed". */
  function isFromAround(event) {
    var around = window.location.ancestorOrigins;
    return window.parent !== window && (!around || around[0] === event.origin);
  }

  function answer(message, origin) {
    var parted = typeof message === "string" ? message.lastIndexOf(" ") : -1;
    var state = parted > 0 ? message.slice(parted + 1).split(".") : [];
    if (state.length !== 2 || !state[0] || !state[1]) { return "error"; }
    var told = [message.slice(0, parted), origin, browserState(), state[1]].join(" ");
    return sha256(told) === state[0] ? "unchanged" : "changed";
  }

  /* Where the browser keeps our cookie back from other sites, nobody can tell. "changed" would have the client
     sign in again without end; "error" is what stops it (§3.1). */
  function whetherSeen(then) {
    if (browserState() || !document.hasStorageAccess) { then(true); return; }
    document.hasStorageAccess().then(then, function () { then(true); });
  }

  window.addEventListener("message", function (event) {
    if (!event.source || !isFromAround(event)) { return; }
    whetherSeen(function (isSeen) {
      event.source.postMessage(isSeen ? answer(event.data, event.origin) : "error", event.origin);
    });
  });
})();
