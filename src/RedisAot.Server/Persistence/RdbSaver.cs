using System.Text;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Writes a whole data set as an RDB file or stream, in the lowest version that can carry it.</summary>
internal sealed class RdbSaver : DataSetSaver
{
    private readonly RdbWriter _writer;
    private readonly RdbKeyWriter _keys;
    private readonly ValueQueue _values;
    private readonly bool _asBaseOfAof;

    /// <param name="server">Has the data.</param>
    /// <param name="writer">Takes them; goes with the saver.</param>
    /// <param name="asBaseOfAof">Whether the file is the base of an append-only file.</param>
    public RdbSaver(RedisServer server, RdbWriter writer, bool asBaseOfAof)
        : base(server)
    {
        _writer = writer;
        _asBaseOfAof = asBaseOfAof;
        _keys = new RdbKeyWriter(server, writer);
        _values = new ValueQueue(server, _keys, () => new RdbKeyWriter(server, writer.NewBuffer()));
    }

    /// <inheritdoc/>
    public override void WriteHead()
    {
        _writer.WriteRaw(Encoding.ASCII.GetBytes($"REDIS{NeededVersion():0000}"));
        WriteAux("redis-ver"u8, ServerVersion.Official);
        WriteAux("redis-bits"u8, 64);
        WriteAux("ctime"u8, Server.Clock.NowMs / 1000);
        WriteAux("used-mem"u8, Server.UsedMemory);
        WriteAux("aof-base"u8, _asBaseOfAof ? 1 : 0);
    }

    private int NeededVersion()
    {
        foreach (Database database in Server.Databases)
        {
            if (database.ExpiringHashCount > 0)
                return RdbVersion.FieldExpiry;
        }
        return RdbVersion.Default;
    }

    /// <inheritdoc/>
    public override void WriteSizes(int id, Database database)
    {
        _keys.Select(id);
        _writer.Write(RdbOpcode.ResizeDb);
        _writer.WriteLength((ulong)database.Count);
        _writer.WriteLength((ulong)database.ExpiringCount);
    }

    /// <inheritdoc/>
    public override bool HasFragile => _values.HasFragile;

    /// <inheritdoc/>
    public override long WaitingBytes => _values.WaitingBytes;

    /// <inheritdoc/>
    public override bool Continue(long endTicks) => _values.Continue(endTicks);

    /// <inheritdoc/>
    public override void BeforeChange(KeyEntry entry) => _values.BeforeChange(entry);

    /// <inheritdoc/>
    public override bool IsWriting(KeyEntry entry) => _values.Has(entry);

    /// <inheritdoc/>
    public override bool TryTakeOver(KeyEntry entry) => _values.TryTakeOver(entry);

    /// <inheritdoc/>
    protected override void WriteEntry(int databaseId, KeyEntry entry) => _values.ForKeys.Write(databaseId, entry);

    /// <inheritdoc/>
    protected override void BeginEntry(int databaseId, KeyEntry entry)
    {
        if (RdbValue.IsBig(entry))
            _values.Begin(databaseId, entry);
        else
            WriteEntry(databaseId, entry);
    }

    /// <inheritdoc/>
    public override void WriteEnd()
    {
        _writer.Write(RdbOpcode.End);
        _writer.WriteChecksum(Server.Config.RdbChecksum);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _values.Abandon();
        _keys.Dispose();
    }

    private void WriteAux(ReadOnlySpan<byte> name, long value)
    {
        _writer.Write(RdbOpcode.Aux);
        _writer.WriteString(name);
        _writer.WriteString(value);
    }

    private void WriteAux(ReadOnlySpan<byte> name, string value)
    {
        _writer.Write(RdbOpcode.Aux);
        _writer.WriteString(name);
        _writer.WriteString(Encoding.ASCII.GetBytes(value));
    }
}
