using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Compile;
using GitOps.Benchmarks.Fleets;
using GitOps.Benchmarks.Measuring;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Store;
using GitOps.Reconciler.Compile;

namespace GitOps.Benchmarks.Store;

/// <summary>
/// Publishing a whole fleet at once into an empty store: proofs, one signature, blobs, pointers, head, the record in the
/// database. The floor writes the bytes the store has afterwards to one file, with one fsync.
/// </summary>
internal sealed class StorePublish : Benchmark
{
    private const string Against = "same bytes written, one fsync";

    public override string Name => "store";

    public override string Says => "publishing pointers and bundles of a whole fleet at once";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var size in bench.FleetSizes)
        {
            var bundles = Revisions.Expect(FleetCompiler.Compile([.. GeneratedFleet.Files(size)]));
            var draft = Draft(bundles);
            var runs = bench.RunsOr(9);
            OpenStore? store = null;
            IReadOnlyList<ReadOnlyMemory<byte>> written = [];
            var (measured, floor) = await Clocked.BesideAsync(runs, Prepare, PublishAsync, Floor);
            store?.Dispose();
            var what = string.Create(
                CultureInfo.InvariantCulture, $"{size:N0} pointers, {draft.Blobs.Count:N0} blobs, {written.Sum(piece => piece.Length) >> 10:N0} KiB");
            yield return new Figure(Name, what, "ms", measured.WallMs, floor.WallMs, Against, runs);
            yield return new Figure(Name, what, "ms cpu", measured.CpuMs, floor.CpuMs, Against, runs);

            Task Prepare(int round)
            {
                store?.Dispose();
                store = OpenStore.Create(string.Create(CultureInfo.InvariantCulture, $"{directory}/{size}-{round}"));
                return Task.CompletedTask;
            }

            async Task PublishAsync()
            {
                if (await store!.Publisher.PublishAsync(draft, _ => { }, cancellationToken) is PublishOutcome.Failed(var problem))
                {
                    throw new InvalidOperationException(problem.ToString());
                }
            }

            Task Floor()
            {
                if (written.Count == 0)
                {
                    written = [.. store!.Files().Select(file => (ReadOnlyMemory<byte>)File.ReadAllBytes(file))]; // in the warm-up
                }

                DurableFile.Write($"{directory}/floor", written);
                return Task.CompletedTask;
            }
        }
    }

    private static PublicationDraft Draft(FleetBundles bundles) => new(
        Revision: new string('a', 40),
        [.. bundles.Nodes.Select(node => new PublicationEntry(node.Node, node.Digest, node.LengthBytes))],
        [
            .. bundles.Blobs.Select(blob => new NewBlob(blob.Key, blob.Value)),
            .. bundles.Nodes.DistinctBy(node => node.Digest).Select(node =>
                new NewBlob(node.Digest, node.Bytes, node.Blobs.Select(blob => blob.Key).ToEquatableArray())),
        ],
        HighestReported: 0);
}
