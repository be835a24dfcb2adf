// One playhead. With a recording it is the audio element's; without one it still moves when the viewer seeks.

export type Solo = "both" | number;

export class Player extends EventTarget {
  private parked_ms = 0;
  private frame = 0;
  private gains: GainNode[] = [];
  private retried = false;

  constructor(readonly audio: HTMLAudioElement | null, private readonly duration_ms: number) {
    super();
    if (!audio) return;
    audio.addEventListener("play", () => { this.emit("state"); this.run(); });
    audio.addEventListener("pause", () => { this.emit("state"); this.emit("position"); });
    audio.addEventListener("ended", () => this.emit("state"));
    audio.addEventListener("seeked", () => this.emit("position"));
    audio.addEventListener("loadedmetadata", () => { if (this.parked_ms) this.seek(this.parked_ms); });
    audio.addEventListener("error", () => this.recover());
  }

  get isPlaying(): boolean {
    return this.audio !== null && !this.audio.paused && !this.audio.ended;
  }

  get position_ms(): number {
    const isReady = this.audio && this.audio.readyState > 0;
    return isReady ? this.audio.currentTime * 1000 : this.parked_ms;
  }

  seek(at_ms: number): void {
    const target = Math.min(Math.max(0, at_ms), this.duration_ms);
    this.parked_ms = target;
    if (this.audio && this.audio.readyState > 0) this.audio.currentTime = target / 1000;
    this.emit("seek");
    this.emit("position");
  }

  async toggle(): Promise<void> {
    if (!this.audio) return;
    if (this.isPlaying) {
      this.audio.pause();
      return;
    }
    try {
      await this.audio.play();
    } catch (error) {
      if ((error as Error).name !== "AbortError") this.emit("failed");
    }
  }

  set speed(rate: number) {
    if (this.audio) this.audio.playbackRate = rate;
  }

  /** Plays one channel in both ears, or the recording as it is. The graph is built on first use only. */
  solo(choice: Solo, channelCount: number): void {
    if (!this.audio || (choice === "both" && this.gains.length === 0)) return;
    if (this.gains.length === 0) this.buildGraph(channelCount);
    this.gains.forEach((gain, index) => { gain.gain.value = choice === "both" || choice === index ? 1 : 0; });
  }

  private buildGraph(channelCount: number): void {
    const context = new AudioContext();
    const splitter = context.createChannelSplitter(channelCount);
    context.createMediaElementSource(this.audio as HTMLAudioElement).connect(splitter);
    this.gains = Array.from({ length: channelCount }, (_, index) => {
      const gain = context.createGain();
      splitter.connect(gain, index);
      gain.connect(context.destination);
      return gain;
    });
  }

  /** A signed address may have run out while the page lay open: ask for a fresh one once, then say so. */
  private recover(): void {
    const audio = this.audio;
    if (!audio) return;
    if (this.retried) {
      this.emit("failed");
      return;
    }
    this.retried = true;
    this.parked_ms = audio.currentTime * 1000 || this.parked_ms;
    audio.addEventListener("canplay", () => { this.retried = false; }, { once: true });
    audio.load();
  }

  private run(): void {
    cancelAnimationFrame(this.frame);
    const tick = (): void => {
      this.emit("position");
      if (this.isPlaying) this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  private emit(name: "state" | "position" | "seek" | "failed"): void {
    this.dispatchEvent(new Event(name));
  }
}
