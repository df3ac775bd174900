namespace RedisAot.Server.Keyspace;
public sealed class ExpiryWheel(long now){ public long Now => now; public long NextDueMs => long.MaxValue; public void Add(ulong h,long due){} public bool ClearSlice(int n)=>true; }
