import { z } from 'zod';

/** What a model folder says for the model card; nothing of it can be measured. */
export const intendedUseSchema = z
  .strictObject({
    intendedUse: z.string().min(1).optional(),
    outOfScope: z.string().min(1).optional(),
    owner: z.string().min(1).optional(),
    licence: z.string().min(1).optional(),
    caveats: z.array(z.string().min(1)).readonly().optional(),
  })
  .readonly();
export type IntendedUse = z.infer<typeof intendedUseSchema>;
