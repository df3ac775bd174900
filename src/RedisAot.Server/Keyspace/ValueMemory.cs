using RedisAot.Memory;

namespace RedisAot.Server.Keyspace;

/// <summary>Operations that every type of value has, chosen by its type.</summary>
public static unsafe class ValueMemory
{
    /// <summary>Frees what belongs to the value beside its entry.</summary>
    public static void FreeValue(KeyEntry entry)
    {
        if (!entry.HasValueSlot || entry.Encoding == ValueEncoding.Int)
            return;
        switch (entry.Type)
        {
            case DataType.String:
                NativeHeap.Free(entry.External);
                break;
            case DataType.List:
                ListValue.Free(entry);
                break;
            case DataType.Set:
                SetValue.Free(entry);
                break;
            case DataType.SortedSet:
                SortedSetValue.Free(entry);
                break;
            case DataType.Hash:
                HashValue.Free(entry);
                break;
            case DataType.Stream:
                StreamValue.Free(entry);
                break;
            default:
                throw new InvalidOperationException($"No type {entry.Type} is known.");
        }
    }

    /// <summary>
    /// Frees up to <paramref name="budget"/> allocations of a value that is much work to free, and takes them off the budget;
    /// true when nothing of the value is left. Nothing else may be done with it meanwhile.
    /// </summary>
    public static bool FreeSome(KeyEntry entry, ref int budget)
    {
        switch (entry.Type)
        {
            case DataType.List:
                return ListValue.FreeSome(entry, ref budget);
            case DataType.Set:
                return SetValue.FreeSome(entry, ref budget);
            case DataType.SortedSet:
                return SortedSetValue.FreeSome(entry, ref budget);
            case DataType.Hash:
                return HashValue.FreeSome(entry, ref budget);
            case DataType.Stream:
                return StreamValue.FreeSome(entry, ref budget);
            default:
                FreeValue(entry);
                budget--;
                return true;
        }
    }

    /// <summary>A copy of what belongs to the value beside its entry, for an entry of the same shape; the integer of an int-encoded string; else null.</summary>
    public static byte* DuplicateExternal(KeyEntry entry)
    {
        if (!entry.HasValueSlot)
            return null;
        if (entry.Encoding == ValueEncoding.Int)
            return entry.External;
        return entry.Type switch
        {
            DataType.String => StringValue.DuplicateBlock(entry.External),
            DataType.List => ListValue.Duplicate(entry),
            DataType.Set => SetValue.Duplicate(entry),
            DataType.SortedSet => SortedSetValue.Duplicate(entry),
            DataType.Hash => HashValue.Duplicate(entry),
            DataType.Stream => StreamValue.Duplicate(entry),
            _ => throw new InvalidOperationException($"No type {entry.Type} is known."),
        };
    }

    /// <summary>Native bytes of the value beside its entry; of big collections, estimated from <paramref name="samples"/> elements.</summary>
    public static long ExternalBytes(KeyEntry entry, long samples) => entry.Type switch
    {
        DataType.String => StringValue.ExternalBytes(entry),
        DataType.List => ListValue.Bytes(entry, samples),
        DataType.Set => SetValue.Bytes(entry, samples),
        DataType.SortedSet => SortedSetValue.Bytes(entry, samples),
        DataType.Hash => HashValue.Bytes(entry, samples),
        DataType.Stream => StreamValue.Bytes(entry, samples),
        _ => throw new InvalidOperationException($"No type {entry.Type} is known to take {samples} samples of."),
    };

    /// <summary>How much work it is to free the value: the number of allocations, roughly.</summary>
    public static long FreeEffort(KeyEntry entry) => entry.Type switch
    {
        DataType.List => ListValue.FreeEffort(entry),
        DataType.Set => SetValue.FreeEffort(entry),
        DataType.SortedSet => SortedSetValue.FreeEffort(entry),
        DataType.Hash => HashValue.FreeEffort(entry),
        DataType.Stream => StreamValue.FreeEffort(entry),
        _ => 1,
    };

    /// <summary>Whether the value is a table of members (fields) that can be fetched into the cache ahead.</summary>
    public static bool HasMemberTable(KeyEntry entry) => entry.Encoding is ValueEncoding.HashTable or ValueEncoding.SkipList;

    /// <summary>Brings the bucket of a member closer, in a value that has a table of them.</summary>
    public static void PrefetchBucket(KeyEntry entry, ulong hash)
    {
        if (entry.Type == DataType.Set)
            new SetContents(entry).Table->Members.PrefetchBuckets([hash]);
        else if (entry.Type == DataType.Hash)
            HashValue.TableOf(entry)->Fields.PrefetchBuckets([hash]);
        else
            SortedSetValue.Members(entry)->Names.PrefetchBuckets([hash]);
    }

    /// <summary>Brings the member itself closer, its bucket having been asked for a while ago.</summary>
    public static void PrefetchMember(KeyEntry entry, ulong hash)
    {
        if (entry.Type == DataType.Set)
            new SetContents(entry).Table->Members.PrefetchEntries([hash]);
        else if (entry.Type == DataType.Hash)
            HashValue.TableOf(entry)->Fields.PrefetchEntries([hash]);
        else
            SortedSetValue.Members(entry)->Names.PrefetchEntries([hash]);
    }
}
