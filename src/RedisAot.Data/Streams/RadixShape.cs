namespace RedisAot.Data;

/// <summary>The shape that the keys of an <see cref="IdMap"/> have in a radix tree with compressed paths, as official keeps them.</summary>
public static unsafe class RadixShape
{
    /// <summary>
    /// The number of nodes of that tree: one for each key, one for each prefix after which keys differ, and one for each path
    /// between those that is not just the branching byte. O(n).
    /// </summary>
    public static long NodeCount(in IdMap map)
    {
        IdPlace place = map.First;
        if (place.IsNone)
            return 1;
        // The branches on the way to the current key, by the length of their prefix; in front of them the root's parent.
        int* branches = stackalloc int[StreamId.Bytes + 1];
        int depth = 0;
        branches[0] = -1;
        long nodes = 0;
        int before = -1;
        while (!place.IsNone)
        {
            StreamId id = map.IdAt(place);
            place = map.Next(place);
            int after = place.IsNone ? -1 : id.CommonPrefix(map.IdAt(place));
            nodes += 1 + PathNodes(Math.Max(before, after), StreamId.Bytes);
            while (branches[depth] > after)
            {
                int branch = branches[depth--];
                nodes += 1 + PathNodes(Math.Max(branches[depth], after), branch);
            }
            if (branches[depth] < after)
                branches[++depth] = after;
            before = after;
        }
        return nodes;
    }

    private static int PathNodes(int parent, int child) => child > parent + 1 ? 1 : 0;
}
