import { defineConfig } from 'vitest/config'

/** Real clients against the simulator: minutes and hundreds of megabytes, so not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['test/clients/**/*.client.ts'],
    testTimeout: 120_000,
    hookTimeout: 360_000,
    fileParallelism: false,
  },
})
