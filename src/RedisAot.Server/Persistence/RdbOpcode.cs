namespace RedisAot.Server.Persistence;

/// <summary>What stands in an RDB file where the type of a value could stand. The numbers are official's.</summary>
public enum RdbOpcode : byte
{
    /// <summary>Slot, keys and expiring keys in it: hints that need not be followed; from 7.4 on.</summary>
    SlotInfo = 244,

    /// <summary>A library of functions: its source text.</summary>
    Function = 245,

    /// <summary>A library of functions, of release candidates of 7.0.</summary>
    FunctionPreGa = 246,

    /// <summary>What a module wants to have kept beside its values.</summary>
    ModuleAux = 247,

    /// <summary>Seconds since the last access to the key that follows.</summary>
    Idle = 248,

    /// <summary>The access counter of the key that follows.</summary>
    Frequency = 249,

    /// <summary>A name and a value that say something about the file.</summary>
    Aux = 250,

    /// <summary>Keys and expiring keys of the database: hints.</summary>
    ResizeDb = 251,

    /// <summary>Time of expiry of the key that follows, Unix ms.</summary>
    ExpireTimeMs = 252,

    /// <summary>Time of expiry of the key that follows, Unix seconds; until version 2.</summary>
    ExpireTime = 253,

    /// <summary>The keys that follow belong to this database.</summary>
    SelectDb = 254,

    /// <summary>The end; a checksum of 8 bytes follows from version 5 on.</summary>
    End = 255,
}
