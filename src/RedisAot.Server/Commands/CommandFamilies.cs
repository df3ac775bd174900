namespace RedisAot.Server.Commands;

/// <summary>The list of families; each registers the rows that stand at the end of its file.</summary>
internal static class CommandFamilies
{
    public static void Register(CommandTable table)
    {
        CommandCommands.Register(table);
        TransactionCommands.Register(table);
        StringCommands.Register(table);
        SetStringCommands.Register(table);
        LcsCommand.Register(table);
        MSetExCommand.Register(table);
        IncrExCommand.Register(table);
        ConditionalDeleteCommands.Register(table);
        NumberCommands.Register(table);
        SetCommands.Register(table);
        SetAlgebraCommands.Register(table);
        SetRandomCommands.Register(table);
        SortedSetCommands.Register(table);
        SortedSetRangeCommands.Register(table);
        SortedSetPopCommands.Register(table);
        SortedSetAlgebraCommands.Register(table);
        SortedSetRandomCommand.Register(table);
        SortedSetScanCommand.Register(table);
        KeyCommands.Register(table);
        DumpCommands.Register(table);
        ExpireCommands.Register(table);
        ScanCommands.Register(table);
        ObjectCommands.Register(table);
        DatabaseCommands.Register(table);
        ConnectionCommands.Register(table);
        ClientCommands.Register(table);
        ServerCommands.Register(table);
        PersistenceCommands.Register(table);
        DebugCommands.Register(table);
        ConfigCommands.Register(table);
        BitmapCommands.Register(table);
        ListCommands.Register(table);
        LPosCommand.Register(table);
        ListPopCommands.Register(table);
        ListMoveCommands.Register(table);
        ListMoveManyCommands.Register(table);
        HashCommands.Register(table);
        HRandFieldCommand.Register(table);
        HashExpiryCommands.Register(table);
        HashGetSetExCommands.Register(table);
        HyperLogLogCommands.Register(table);
        HyperLogLogDebugCommands.Register(table);
        GeoCommands.Register(table);
        GeoSearchCommands.Register(table);
        SlowlogCommands.Register(table);
        LatencyCommands.Register(table);
        LolwutCommand.Register(table);
        MemoryCommands.Register(table);
        PubSubCommands.Register(table);
    }
}
