import { expect, test } from 'vitest'
import { Owners } from './owners.ts'

test('ids of an answer are remembered: its own, those that it refers to, those of a list', () => {
  const owners = new Owners()
  owners.learn(
    '{"id":"batch_1","input_file_id":"file-1","output_file_id":"file-2","endpoint":"/v1/x"}',
    'azure',
  )
  owners.learn('{"object":"list","data":[{"id":"file-3"},{"id":"ft-1","result_files":["file-4"]}]}', 'openai')
  owners.learn('not JSON', 'openai')
  expect(['batch_1', 'file-1', 'file-2'].map((id) => owners.of(id))).toEqual(['azure', 'azure', 'azure'])
  expect(['file-3', 'ft-1', 'file-4'].map((id) => owners.of(id))).toEqual(['openai', 'openai', 'openai'])
  expect(owners.of('/v1/x')).toBeUndefined()
})

test('the oldest ids are forgotten first', () => {
  const owners = new Owners()
  for (let id = 0; id < 20_001; id++) owners.note(`file-${id}`, 'azure')
  expect(owners.of('file-0')).toBeUndefined()
  expect(owners.of('file-1')).toBe('azure')
})
