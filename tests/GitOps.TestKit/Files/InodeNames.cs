namespace GitOps.TestKit.Files;

internal static class InodeNames
{
    public static void Apply(InodeTable table, NameChange change)
    {
        if (change.Inode is { } number)
        {
            table.Names[change.Directory][change.Name] = number;
        }
        else
        {
            table.Names[change.Directory].Remove(change.Name);
        }
    }
}
