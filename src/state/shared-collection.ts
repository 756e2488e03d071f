import type { CollectionDefinition } from './collection.js';
import type { Collection, State } from './state.js';

/**
 * Makes a function that finds a collection in a state. A state opens each once, and several key
 * managers have their documents in one.
 */
export function sharedCollection<Value>(
  definition: CollectionDefinition<Value>,
): (state: State) => Collection<Value> {
  const opened = new WeakMap<State, Collection<Value>>();
  return (state) => {
    const collection = opened.get(state) ?? state.collection(definition);
    opened.set(state, collection);
    return collection;
  };
}
