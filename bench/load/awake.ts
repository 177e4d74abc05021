/**
 * Keeps this process from sleeping until it is told that it may. Under load without pauses nginx never lets the rig sleep,
 * while a slower gateway would have to wake it with every packet that it sends: a call to another core, which on a virtual
 * machine costs the caller 15 microseconds, more than all that nginx does for a request. Awake, the rig meets every
 * gateway alike. Paced streams leave it asleep for all of them.
 */
export function keepAwake(): () => void {
  let isOver = false
  const look = () => {
    if (!isOver) setImmediate(look)
  }
  look()
  return () => {
    isOver = true
  }
}
