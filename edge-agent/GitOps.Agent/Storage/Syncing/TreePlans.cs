using System.Collections.Immutable;
using GitOps.Bundles;

namespace GitOps.Agent.Storage.Syncing;

/// <summary>A file both sides had when a run ended, as each of them says.</summary>
public sealed record SyncedFile(TreeFile Remote, DateTimeOffset LocalModifiedAt)
{
    public string Path => Remote.Path;

    /// <summary>As the node has it.</summary>
    public TreeFile Local => new(Remote.Path, Remote.SizeBytes, LocalModifiedAt);
}

/// <summary>What makes the node's folder what the remote is.</summary>
/// <param name="Fetch">To be brought.</param>
/// <param name="Keep">On the node already, and right.</param>
/// <param name="Conflicts">Files that somebody changed, added or removed on the node since the last run.</param>
/// <param name="IsSame">The folder is the remote's tree already.</param>
public sealed record PullPlan(ImmutableArray<TreeFile> Fetch, ImmutableArray<TreeFile> Keep, ImmutableArray<string> Conflicts, bool IsSame)
{
    /// <param name="remote">What is there now.</param>
    /// <param name="local">What the folder holds now.</param>
    /// <param name="last">As the last run left both.</param>
    public static PullPlan Make(TreeListing remote, TreeListing local, EquatableArray<SyncedFile> last)
    {
        var (here, before) = (local.ByPath(), last.ToDictionary(file => file.Path, StringComparer.Ordinal));
        var fetch = ImmutableArray.CreateBuilder<TreeFile>();
        var keep = ImmutableArray.CreateBuilder<TreeFile>();
        var there = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in remote.Files)
        {
            there.Add(file.Path);
            (IsRight(file, here.GetValueOrDefault(file.Path), before.GetValueOrDefault(file.Path)) ? keep : fetch).Add(file);
        }

        var kept = keep.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        var changed = local.Files
            .Where(file => !kept.Contains(file.Path) && !(before.TryGetValue(file.Path, out var synced) && synced.Local.IsSameAs(file)))
            .Select(file => file.Path);
        var removed = last.Where(file => !here.ContainsKey(file.Path)).Select(file => file.Path);
        return new PullPlan(
            fetch.ToImmutable(), keep.ToImmutable(), [.. changed.Concat(removed).Order(StringComparer.Ordinal)],
            fetch.Count == 0 && local.Files.All(file => there.Contains(file.Path)));
    }

    /// <summary>
    /// The remote says of it what it said when it was brought, and nobody touched it since; or the node's copy carries the
    /// remote's size and time, which is set only when a copy is whole.
    /// </summary>
    private static bool IsRight(TreeFile remote, TreeFile? local, SyncedFile? last) => local is not null && local.SizeBytes == remote.SizeBytes &&
        ((last is not null && last.Remote.IsSameAs(remote) && last.Local.IsSameAs(local)) ||
            (TreeFile.IsSameTime(local.ModifiedAt, remote.ModifiedAt) && (last is null || last.Remote.IsSameAs(remote) || !last.Local.IsSameAs(local))));
}

/// <summary>What makes the remote what the node's folder is.</summary>
/// <param name="Send">To be sent.</param>
/// <param name="Delete">Sent once, and gone on the node.</param>
/// <param name="Conflicts">Files of these that somebody else changed at the remote since the last run.</param>
public sealed record PushPlan(ImmutableArray<TreeFile> Send, ImmutableArray<string> Delete, ImmutableArray<string> Conflicts)
{
    /// <param name="deletes">Whether what is gone on the node goes at the remote.</param>
    public static PushPlan Make(TreeListing remote, TreeListing local, EquatableArray<SyncedFile> last, bool deletes)
    {
        var (here, there) = (local.ByPath(), remote.ByPath());
        var before = last.ToDictionary(file => file.Path, StringComparer.Ordinal);
        var send = ImmutableArray.CreateBuilder<TreeFile>();
        List<string> conflicts = [];
        foreach (var file in local.Files)
        {
            var (synced, theirs) = (before.GetValueOrDefault(file.Path), there.GetValueOrDefault(file.Path));
            var isTheirs = synced is null ? theirs is not null : theirs is null || !theirs.IsSameAs(synced.Remote);
            if (!isTheirs && synced is not null && synced.Local.IsSameAs(file))
            {
                continue;
            }

            if (synced is null && theirs is not null && theirs.SizeBytes == file.SizeBytes && IsSameSecond(theirs.ModifiedAt, file.ModifiedAt))
            {
                continue; // sent by a run whose end was not kept
            }

            send.Add(file);
            if (isTheirs)
            {
                conflicts.Add(file.Path);
            }
        }

        var gone = deletes ? last.Where(file => !here.ContainsKey(file.Path) && there.ContainsKey(file.Path)).ToList() : [];
        conflicts.AddRange(gone.Where(file => !there[file.Path].IsSameAs(file.Remote)).Select(file => file.Path));
        return new PushPlan(send.ToImmutable(), [.. gone.Select(file => file.Path)], [.. conflicts.Order(StringComparer.Ordinal)]);
    }

    private static bool IsSameSecond(DateTimeOffset one, DateTimeOffset two) => (one - two).Duration() < TimeSpan.FromSeconds(1);
}
