// Copies in this browser (localStorage): of what the server has not confirmed yet. Whatever it has confirmed goes, so
// what is found here later never reached it.

const PREFIX = "insights.copy.";
const LONGEST = 90 * 24 * 3600 * 1000; // the server forgets its copies after as long

// False when this browser keeps nothing: it is full, or forbids it.
export function keepHere(id, copy) {
  try {
    localStorage.setItem(PREFIX + id, JSON.stringify({ ...copy, at: Date.now() }));
    return true;
  } catch {
    return false;
  }
}

export function forgetHere(id) {
  try {
    localStorage.removeItem(PREFIX + id);
  } catch {
    // nothing is kept where nothing may be kept
  }
}

// Copies {id, owner, insight, version, sent, fields, at} of a person for an insight ("": a new one), newest first.
export function keptHere(owner, insight) {
  const oldest = Date.now() - LONGEST;
  const found = [];
  for (const key of keys()) {
    const copy = read(key);
    if (!copy || copy.at < oldest) forgetHere(key.slice(PREFIX.length));
    else if (copy.owner === owner && copy.insight === insight) found.push({ id: key.slice(PREFIX.length), ...copy });
  }
  return found.sort((one, other) => other.at - one.at);
}

function keys() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function read(key) {
  try {
    const copy = JSON.parse(localStorage.getItem(key));
    return typeof copy?.fields === "object" && copy.fields !== null && typeof copy.at === "number" ? copy : null;
  } catch {
    return null;
  }
}
