import './line/tensorflow.js';
import { rehearseAll } from './rehearse.test.helper.js';

rehearseAll(['zhang2019/tut']);
